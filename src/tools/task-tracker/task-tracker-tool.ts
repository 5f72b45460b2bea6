import { z } from "zod";
import { taskFields } from "../../wire/events/actions.ts";
import { builtInTool } from "../define-tool.ts";
import { taskTrackerDescription } from "./description.ts";
import { TaskTracker } from "./task-tracker.ts";

const input = z.object({
  command: z
    .enum(["view", "plan"])
    .default("view")
    .describe("`view` shows the list; `plan` puts `task_list` in its place."),
  task_list: z
    .array(
      z.object({
        title: taskFields.title.describe("What is to be done, in a few words."),
        notes: taskFields.notes.describe("Details worth keeping: files, findings, how to check it."),
        status: taskFields.status.describe("`todo`, `in_progress` or `done`."),
      }),
    )
    .default([])
    .describe("For `plan`: the whole list, tasks already done included."),
});

export const taskTrackerTool = builtInTool({
  name: "task_tracker",
  description: taskTrackerDescription,
  input,
  params: z.strictObject({}),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  wire: { tool: "TaskTrackerTool", action: "TaskTrackerAction", observation: "TaskTrackerObservation" },
  open: (host) => TaskTracker.load(host.storage),
  run: ({ command, task_list }, { state }) => (command === "plan" ? state.plan(task_list) : state.view()),
});
