import { z } from "zod";
import { nullable } from "../nullable.ts";
import { taskItem } from "./actions.ts";
import { content } from "./message.ts";

/** Fields of every observation. Observations have exactly the reference's keys, because its client refuses others. */
const shared = { content: z.array(content).default([]), is_error: z.boolean().default(false) };

const commandMetadata = z
  .object({
    exit_code: z.int().default(-1).describe("-1 while the command runs"),
    pid: z.int().default(-1),
    username: nullable(z.string()),
    hostname: nullable(z.string()),
    working_dir: nullable(z.string()),
    py_interpreter_path: nullable(z.string()),
    prefix: z.string().default(""),
    suffix: z.string().default(""),
  })
  .meta({ id: "CmdOutputMetadata" });

export const terminalObservation = z
  .object({
    ...shared,
    command: z.string().nullable(),
    exit_code: nullable(z.int()),
    timeout: z.boolean().default(false),
    metadata: commandMetadata.prefault({}),
    full_output_save_dir: nullable(z.string()),
    kind: z.literal("TerminalObservation"),
  })
  .meta({ id: "TerminalObservation" });

export const fileEditorObservation = z
  .object({
    ...shared,
    command: z.enum(["view", "create", "str_replace", "insert", "undo_edit"]),
    path: nullable(z.string()),
    prev_exist: z.boolean().default(true),
    old_content: nullable(z.string()),
    new_content: nullable(z.string()),
    kind: z.literal("FileEditorObservation"),
  })
  .meta({ id: "FileEditorObservation" });

const taskTrackerObservation = z
  .object({
    ...shared,
    command: z.enum(["view", "plan"]),
    task_list: z.array(taskItem).default([]),
    kind: z.literal("TaskTrackerObservation"),
  })
  .meta({ id: "TaskTrackerObservation" });

const finishObservation = z
  .object({ ...shared, kind: z.literal("FinishObservation") })
  .meta({ id: "FinishObservation" });

const thinkObservation = z
  .object({ ...shared, kind: z.literal("ThinkObservation") })
  .meta({ id: "ThinkObservation" });

const clientToolObservation = z
  .object({ ...shared, kind: z.literal("ClientToolObservation") })
  .meta({ id: "ClientToolObservation" });

const mcpToolObservation = z
  .object({ ...shared, tool_name: z.string(), kind: z.literal("MCPToolObservation") })
  .meta({ id: "MCPToolObservation" });

const builtIn = z.discriminatedUnion("kind", [
  terminalObservation,
  fileEditorObservation,
  taskTrackerObservation,
  finishObservation,
  thinkObservation,
  clientToolObservation,
  mcpToolObservation,
]);

export const observation = z.union([builtIn, z.looseObject({ ...shared, kind: z.string() })]);

/** The fields that all observations share; the others depend on `kind`. */
export interface Observation {
  /** Class name of the reference, such as `TerminalObservation`. */
  kind: string;
  /** The result as the model reads it. */
  content: z.output<typeof content>[];
  /** Whether the tool failed. */
  is_error: boolean;
}

/** The output of a terminal command. */
export type TerminalObservation = z.output<typeof terminalObservation>;
/** The end of a terminal command and the state of its shell. */
export type CommandMetadata = z.output<typeof commandMetadata>;
