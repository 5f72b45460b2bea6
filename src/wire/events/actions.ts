import { z } from "zod";
import { nullable } from "../nullable.ts";
import { browserActions } from "./tool-kinds/browser.ts";
import { delegationActions } from "./tool-kinds/delegation.ts";
import { editorArguments, fileActions } from "./tool-kinds/files.ts";
import { modelActions } from "./tool-kinds/models.ts";
import { actionOf } from "./tool-kinds/of-kind.ts";

/** The arguments of the terminal tool. */
export const terminalArguments = {
  command: z.string(),
  is_input: z.boolean().default(false),
  timeout: nullable(z.number().min(0)),
  reset: z.boolean().default(false),
};

/** A command for the terminal. All actions have exactly the reference's keys, because its client refuses others. */
const terminalAction = actionOf("TerminalAction", terminalArguments);

const fileEditorAction = actionOf("FileEditorAction", editorArguments);

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

/** The fields of an entry of a task list. */
export const taskFields = {
  title: z.string(),
  notes: z.string().default(""),
  status: z.preprocess(toStatus, taskStatus).default("todo"),
};

export const taskItem = z.object(taskFields).meta({ id: "TaskItem" });

export const taskTrackerAction = actionOf("TaskTrackerAction", {
  command: z.enum(["view", "plan"]).default("view"),
  task_list: z.array(taskItem).default([]),
});

const finishAction = actionOf("FinishAction", { message: z.string() });
const thinkAction = actionOf("ThinkAction", { thought: z.string() });
const mcpToolAction = actionOf("MCPToolAction", { data: z.record(z.string(), z.unknown()).default({}) });

const builtIn = z.discriminatedUnion("kind", [
  terminalAction,
  fileEditorAction,
  taskTrackerAction,
  finishAction,
  thinkAction,
  mcpToolAction,
]);

/** Calls of tools that this server may lack and that logs may have. Made when first needed: they are many. */
const further = z.lazy(() =>
  z.discriminatedUnion("kind", [
    ...modelActions(),
    ...delegationActions(),
    ...fileActions(),
    ...browserActions(),
  ]),
);

/**
 * The union is open because each client tool has an action kind named after it (`ClientAction_<name>`), and because a
 * call of another shape must not make the log of its conversation unreadable.
 */
export const action = z.union([builtIn, further, z.looseObject({ kind: z.string() })]).meta({ id: "Action" });

/** The arguments of a tool call; `kind` names the tool's action class. */
export type Action = { kind: string } & Record<string, unknown>;
/** A command for the terminal. */
export type TerminalAction = z.input<typeof terminalAction>;
/** One entry of an agent's task list. */
export type TaskItem = z.output<typeof taskItem>;
