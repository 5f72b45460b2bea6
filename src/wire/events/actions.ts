import { z } from "zod";
import { nullable } from "../nullable.ts";

/** What an agent asks a tool to do. The keys are exactly the reference's: its client refuses any other. */
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

export const taskItem = z
  .object({
    title: z.string(),
    notes: z.string().default(""),
    status: z.enum(["todo", "in_progress", "done"]).default("todo"),
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

const known = z.discriminatedUnion("kind", [
  terminalAction,
  fileEditorAction,
  taskTrackerAction,
  finishAction,
  thinkAction,
  mcpToolAction,
]);

/** Client tools bring actions of their own kind (`ClientAction_<name>`), so the union stays open. */
export const action = z.union([known, z.looseObject({ kind: z.string() })]);

export type Action = { kind: string } & Record<string, unknown>;
export type TerminalAction = z.input<typeof terminalAction>;
export type TaskItem = z.output<typeof taskItem>;
