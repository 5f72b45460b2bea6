import { type TaskItem, taskItem } from "../../wire/events/actions.ts";
import type { ToolResult } from "../define-tool.ts";
import type { ToolStorage } from "../tool.ts";

const MARKS = { todo: "⏳", in_progress: "🔄", done: "✅" } as const;

/** The task list of one conversation. */
export class TaskTracker {
  readonly #storage: ToolStorage;
  #tasks: readonly TaskItem[];

  private constructor(storage: ToolStorage, tasks: readonly TaskItem[]) {
    this.#storage = storage;
    this.#tasks = tasks;
  }

  /** Reads the list. A stored value that is not a task list counts as an empty one. */
  static async load(storage: ToolStorage): Promise<TaskTracker> {
    const stored = taskItem.array().safeParse(await storage.read());
    return new TaskTracker(storage, stored.success ? stored.data : []);
  }

  /** Replaces the list once the new one is stored. */
  async plan(tasks: readonly TaskItem[]): Promise<ToolResult> {
    await this.#storage.write(tasks);
    this.#tasks = tasks;
    return this.#result("plan", `Task list has been updated with ${tasks.length} item(s).`);
  }

  view(): ToolResult {
    if (this.#tasks.length === 0)
      return this.#result("view", 'No task list found. Use the "plan" command to create one.');
    return this.#result("view", `# Task List\n\n${this.#tasks.map(formatTask).join("\n")}`.trimEnd());
  }

  #result(command: "view" | "plan", content: string): ToolResult {
    return { content, command, task_list: this.#tasks };
  }
}

function formatTask(task: TaskItem, index: number): string {
  const notes = task.notes === "" ? "" : `   ${task.notes}\n`;
  return `${index + 1}. ${MARKS[task.status]} ${task.title}\n${notes}`;
}
