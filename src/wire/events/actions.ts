import { z } from "zod";
import { nullable } from "../nullable.ts";

/** A command for the terminal. All actions have exactly the reference's keys, because its client refuses others. */
export const terminalAction = z
  .object({
    command: z.string(),
    is_input: z.boolean().default(false),
    timeout: nullable(z.number().min(0)),
    reset: z.boolean().default(false),
    kind: z.literal("TerminalAction"),
  })
  .meta({ id: "TerminalAction" });

const fileEditorAction = z
  .object({
    command: z.enum(["view", "create", "str_replace", "insert", "undo_edit"]),
    path: z.string(),
    file_text: nullable(z.string()),
    old_str: nullable(z.string()),
    new_str: nullable(z.string()),
    insert_line: nullable(z.int().min(0)),
    view_range: nullable(z.array(z.int())),
    kind: z.literal("FileEditorAction"),
  })
  .meta({ id: "FileEditorAction" });

/** Names that models trained on other task lists send for a status. */
const STATUS_SYNONYMS: Readonly<Record<string, string>> = {
  pending: "todo",
  to_do: "todo",
  completed: "done",
  complete: "done",
};

/** Reads a status in any case, with dashes or spaces, and by its synonyms. Other values stay as they are. */
function toStatus(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const name = value.trim().toLowerCase().replace(/[- ]/g, "_");
  if (Object.hasOwn(STATUS_SYNONYMS, name)) return STATUS_SYNONYMS[name];
  return taskStatus.safeParse(name).success ? name : value;
}

const taskStatus = z.enum(["todo", "in_progress", "done"]);

export const taskItem = z
  .object({
    title: z.string(),
    notes: z.string().default(""),
    status: z.preprocess(toStatus, taskStatus).default("todo"),
  })
  .meta({ id: "TaskItem" });

export const taskTrackerAction = z
  .object({
    command: z.enum(["view", "plan"]).default("view"),
    task_list: z.array(taskItem).default([]),
    kind: z.literal("TaskTrackerAction"),
  })
  .meta({ id: "TaskTrackerAction" });

const finishAction = z
  .object({ message: z.string(), kind: z.literal("FinishAction") })
  .meta({ id: "FinishAction" });

const thinkAction = z
  .object({ thought: z.string(), kind: z.literal("ThinkAction") })
  .meta({ id: "ThinkAction" });

const mcpToolAction = z
  .object({ data: z.record(z.string(), z.unknown()).default({}), kind: z.literal("MCPToolAction") })
  .meta({ id: "MCPToolAction" });

const builtIn = z.discriminatedUnion("kind", [
  terminalAction,
  fileEditorAction,
  taskTrackerAction,
  finishAction,
  thinkAction,
  mcpToolAction,
]);

/** The union is open because each client tool has an action kind named after it (`ClientAction_<name>`). */
export const action = z.union([builtIn, z.looseObject({ kind: z.string() })]);

/** The arguments of a tool call; `kind` names the tool's action class. */
export type Action = { kind: string } & Record<string, unknown>;
/** A command for the terminal. */
export type TerminalAction = z.input<typeof terminalAction>;
/** One entry of an agent's task list. */
export type TaskItem = z.output<typeof taskItem>;
