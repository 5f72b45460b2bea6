import { describe, expect, it } from "vitest";
import { taskTrackerTool } from "../../src/tools/task-tracker/task-tracker-tool.ts";
import type { ToolHost } from "../../src/tools/tool.ts";
import { OpenTool } from "../../src/tools/toolbox/open-tool.ts";
import { taskTrackerAction } from "../../src/wire/events/actions.ts";
import { text } from "../../src/wire/events/message.ts";
import { callContext, toolHost } from "./tool-host.ts";

const tasks = [
  { title: "Read the code", notes: "src first", status: "done" },
  { title: "Fix it", notes: "", status: "in_progress" },
  { title: "Test it", notes: "", status: "todo" },
];

/** Opens the tool for each call, as after a restart. */
async function track(host: ToolHost, args: Record<string, unknown>) {
  const tool = new OpenTool(taskTrackerTool, host);
  const parsed = tool.parse(args);
  if ("error" in parsed) throw new Error(parsed.error);
  taskTrackerAction.parse(parsed.action);
  return tool.run(parsed.input, callContext());
}

describe("the task list", () => {
  it("is empty at first", async () => {
    expect(await track(await toolHost(), {})).toEqual({
      content: [text('No task list found. Use the "plan" command to create one.')],
      is_error: false,
      command: "view",
      task_list: [],
      kind: "TaskTrackerObservation",
    });
  });

  it("is replaced by a plan and outlives a restart", async () => {
    const host = await toolHost();
    await track(host, { command: "plan", task_list: [{ title: "Old" }] });

    expect(await track(host, { command: "plan", task_list: tasks })).toMatchObject({
      content: [text("Task list has been updated with 3 item(s).")],
      command: "plan",
      task_list: tasks,
    });
    expect(await track(host, { command: "view" })).toMatchObject({
      content: [text("# Task List\n\n1. ✅ Read the code\n   src first\n\n2. 🔄 Fix it\n\n3. ⏳ Test it")],
      task_list: tasks,
    });
  });

  it("is empty when the stored value is not a list of tasks", async () => {
    const host = await toolHost();

    for (const stored of [{}, [{ notes: "no title" }], 3]) {
      await host.storage.write(stored);
      expect(await track(host, {})).toMatchObject({ is_error: false, task_list: [] });
    }
  });

  it("knows the words that other task lists have for a status, in any spelling", async () => {
    const words = [
      "pending",
      "to_do",
      "To Do",
      " TODO ",
      "In-Progress",
      "in progress",
      "complete",
      "Completed",
      "DONE",
    ];
    const task_list = words.map((status) => ({ title: status, status }));

    const { task_list: kept } = (await track(await toolHost(), {
      command: "plan",
      task_list,
    })) as unknown as {
      task_list: { status: string }[];
    };
    expect(kept.map(({ status }) => status)).toEqual([
      ...["todo", "todo", "todo", "todo", "in_progress", "in_progress", "done", "done", "done"],
    ]);
  });

  it("tells a wrong status by its place", async () => {
    const wrong = { command: "plan", task_list: [{ title: "a" }, { title: "b", status: "later" }] };

    await expect(track(await toolHost(), wrong)).rejects.toThrow(
      'task_list[1].status: must be one of "todo", "in_progress", "done"',
    );
  });
});
