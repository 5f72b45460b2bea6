import { z } from "zod";
import { nullable } from "../nullable.ts";
import { taskItem } from "./actions.ts";
import type { content } from "./message.ts";
import { browserObservations } from "./tool-kinds/browser.ts";
import { delegationObservations } from "./tool-kinds/delegation.ts";
import { editorResult, fileObservations } from "./tool-kinds/files.ts";
import { modelObservations } from "./tool-kinds/models.ts";
import { observationOf, shared } from "./tool-kinds/of-kind.ts";

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

export const terminalObservation = observationOf("TerminalObservation", {
  command: z.string().nullable(),
  exit_code: nullable(z.int()),
  timeout: z.boolean().default(false),
  metadata: commandMetadata.prefault({}),
  full_output_save_dir: nullable(z.string()),
});

export const fileEditorObservation = observationOf("FileEditorObservation", editorResult);

const builtIn = z.discriminatedUnion("kind", [
  terminalObservation,
  fileEditorObservation,
  observationOf("TaskTrackerObservation", {
    command: z.enum(["view", "plan"]),
    task_list: z.array(taskItem).default([]),
  }),
  observationOf("FinishObservation", {}),
  observationOf("ThinkObservation", {}),
  observationOf("ClientToolObservation", {}),
  observationOf("MCPToolObservation", { tool_name: z.string() }),
]);

/** Results of tools that this server may lack and that logs may have. Made when first needed: they are many. */
const further = z.lazy(() =>
  z.discriminatedUnion("kind", [
    ...modelObservations(),
    ...delegationObservations(),
    ...fileObservations(),
    ...browserObservations(),
  ]),
);

/** The union is open because a result of another shape must not make the log of its conversation unreadable. */
export const observation = z
  .union([builtIn, further, z.looseObject({ ...shared, kind: z.string() })])
  .meta({ id: "Observation" });

/** The fields that all observations share; the others depend on `kind`. */
export interface Observation {
  /** Class name of the reference, such as `TerminalObservation`. */
  kind: string;
  /** The result as the model reads it. */
  content: z.output<typeof content>[];
  /** Whether the tool failed. */
  is_error: boolean;
}

/** The end of a task of a sub-agent. */
export interface TaskObservation extends Observation {
  /** Id by which the task is resumed. */
  task_id: string;
  /** Name of the sub-agent. */
  subagent: string;
  /** `completed` or `error`. */
  status: string;
}

/** The output of a terminal command. */
export type TerminalObservation = z.output<typeof terminalObservation>;
/** The end of a terminal command and the state of its shell. */
export type CommandMetadata = z.output<typeof commandMetadata>;
