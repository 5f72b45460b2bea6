import { type TaskItem, taskItem } from "../../wire/events/actions.ts";
import { readFile, statFile, writeFileAtomic } from "../../workspace/local/files.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { ToolResult } from "../define-tool.ts";

const FILE_NAME = "TASKS.json";
const MAX_BYTES = 10 * 1024 * 1024;

/** Only the server reads the list. */
const FILE_MODE = 0o600;

const MARKS = { todo: "⏳", in_progress: "🔄", done: "✅" } as const;

/** The task list of one conversation, an array in `TASKS.json` of its data directory. */
export class TaskTracker {
  readonly #path: string;
  #tasks: readonly TaskItem[];

  private constructor(path: string, tasks: readonly TaskItem[]) {
    this.#path = path;
    this.#tasks = tasks;
  }

  static async load(dataDir: string): Promise<TaskTracker> {
    const path = joinPath(dataDir, FILE_NAME);
    return new TaskTracker(path, await readTasks(path));
  }

  /** Stored before it counts: a list that could not be written is not shown as kept. */
  async plan(tasks: readonly TaskItem[]): Promise<ToolResult> {
    await writeFileAtomic(this.#path, new TextEncoder().encode(JSON.stringify(tasks, null, 2)), FILE_MODE);
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

/** A file that cannot be read as a list counts as none: the next plan replaces it. */
async function readTasks(path: string): Promise<TaskItem[]> {
  if ((await statFile(path)) === null) return [];
  try {
    const parsed = taskItem
      .array()
      .safeParse(JSON.parse(new TextDecoder().decode(await readFile(path, MAX_BYTES))));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}
