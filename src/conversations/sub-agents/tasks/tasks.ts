import { AgentServerError } from "../../../errors.ts";
import { isObject } from "../../../is-object.ts";

/** Document of a conversation with the tasks that it gave to sub-agents. */
export const TASKS_DOCUMENT = "tasks";

/** Key of `agent_state` with the conversations of the newest tasks, by the id of the task. */
export const TASKS_KEY = "sub_agents";

/** Tasks that one conversation may give, at most. */
const MAX_TASKS = 1_000;

/** A task as it is kept. */
export interface Task {
  id: string;
  conversation_id: string;
  /** Name of the sub-agent. */
  subagent: string;
  /** Id of the call that it was given, or resumed, by last. */
  tool_call_id: string;
  /** Number of events in the log of the sub-agent before that. */
  from: number;
}

export interface TasksOptions {
  /** Reads the document. Undefined where there is none. */
  read(): Promise<string | undefined>;
  write(json: string): Promise<void>;
  /** Whether a task of that id has figures, as in a fork. */
  hasFigures(id: string): boolean;
}

/** The tasks of a conversation, in the order in which they were given. They survive restarts. */
export class Tasks {
  readonly #options: TasksOptions;
  #reading: Promise<Map<string, Task>> | null = null;
  #number = 0;

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  async all(): Promise<Task[]> {
    return [...(await this.#tasks()).values()];
  }

  /**
   * Keeps a new task.
   *
   * @throws AgentServerError `unprocessable` for one too many
   */
  async add(task: Omit<Task, "id">): Promise<Task> {
    const tasks = await this.#tasks();
    if (tasks.size >= MAX_TASKS) {
      const advice = "Resume one of them, or do the work yourself.";
      throw new AgentServerError(
        "unprocessable",
        `This conversation has given ${MAX_TASKS} tasks. ${advice}`,
      );
    }
    const id = this.#nextId(tasks);
    const added = { id, ...task };
    tasks.set(id, added);
    await this.#write(tasks);
    return added;
  }

  /** Finds a task by its id. */
  async find(id: string): Promise<Task | undefined> {
    return (await this.#tasks()).get(id);
  }

  /** Finds the tasks that a call has given or resumed last. A workflow gives several. */
  async ofCall(toolCallId: string): Promise<Task[]> {
    return (await this.all()).filter(({ tool_call_id }) => tool_call_id === toolCallId);
  }

  /** Notes that a task is resumed. */
  async resume(id: string, change: Pick<Task, "tool_call_id" | "from">): Promise<Task | undefined> {
    const tasks = await this.#tasks();
    const task = tasks.get(id);
    if (task === undefined) return undefined;
    const resumed = { ...task, ...change };
    tasks.set(id, resumed);
    await this.#write(tasks);
    return resumed;
  }

  #nextId(tasks: ReadonlyMap<string, Task>): string {
    for (;;) {
      this.#number += 1;
      const id = `task_${this.#number.toString(16).padStart(8, "0")}`;
      if (!tasks.has(id) && !this.#options.hasFigures(id)) return id;
    }
  }

  #write(tasks: ReadonlyMap<string, Task>): Promise<void> {
    return this.#options.write(JSON.stringify([...tasks.values()]));
  }

  #tasks(): Promise<Map<string, Task>> {
    this.#reading ??= this.#options
      .read()
      .then((text) => new Map(readTasks(text).map((task) => [task.id, task])))
      .catch((error: unknown) => {
        this.#reading = null;
        throw error;
      });
    return this.#reading;
  }
}

/** Reads the document. What of it is damaged is left out: the rest can still be resumed. */
export function readTasks(text: string | undefined): Task[] {
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isTask) : [];
  } catch {
    return [];
  }
}

function isTask(value: unknown): value is Task {
  if (!isObject(value) || typeof value.from !== "number") return false;
  return ["id", "conversation_id", "subagent", "tool_call_id"].every((key) => typeof value[key] === "string");
}
