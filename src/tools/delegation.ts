/** A sub-agent that tasks may be given to. */
export interface SubAgentKind {
  readonly name: string;
  /** The work that it is for. */
  readonly description: string;
  /** Names of its tools. */
  readonly tools: readonly string[];
  /** Names of those that the agent itself lacks, apart from tools that reach nothing but their own conversation. */
  readonly missing: readonly string[];
}

/** A piece of work for a sub-agent. */
export interface TaskRequest {
  /** All that the sub-agent knows of the work. */
  prompt: string;
  /** Name of the sub-agent; earlier names are understood, too. */
  kind: string;
  /** A few words about the work, for people. */
  description?: string | null;
  /** Id of the task that it goes on with. Default: a new one. */
  resume?: string | null;
  /** Whether the sub-agent, and those that it starts, may have no tools that the agent lacks. */
  isScoped: boolean;
  /** Id of the call in the model's reply. */
  toolCallId: string;
}

/** The end of a task. */
export interface TaskResult {
  /** By which it can be resumed. */
  taskId: string;
  status: "completed" | "error";
  /** The report of the sub-agent, or the reason why there is none with what it said last. */
  text: string;
}

/**
 * Gives work to other agents, each in a separate conversation on the same machine. Resolves when the work has ended,
 * also where it has failed; rejects with an AgentServerError when it cannot begin, and with the reason of the signal
 * when that aborts: the sub-agent is interrupted then.
 */
export interface Delegation {
  /** Every sub-agent that is known, by name. */
  readonly kinds: readonly SubAgentKind[];
  run(task: TaskRequest, signal: AbortSignal): Promise<TaskResult>;
}
