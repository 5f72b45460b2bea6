import type { Answer } from "../../../agent/loop/confirmation/questions.ts";
import type { TaskResult } from "../../../tools/delegation.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import type { ExecutionStatus } from "../../../wire/execution-status.ts";
import type { ConversationStats } from "../../../wire/metrics.ts";
import type { RunSlot } from "../../live/runs/run-slots.ts";

/** The conversation of a sub-agent in memory, as the one that it works for sees it. */
export interface Worker {
  readonly status: ExecutionStatus;
  /** The figures of its models, live. */
  readonly stats: ConversationStats;
  /** Whether a run is active. */
  readonly isRunning: boolean;
  /** Calls that have no answer. Known once the log is read, as it is after a run. */
  pending(): readonly ActionEvent[];
  /** Gives it the rules and the secrets that its parent has by now. */
  follow(parent: Readonly<ConversationState>): Promise<void>;
  /** Gives it a message, and lets it run. */
  send(prompt: string, slot: RunSlot): Promise<void>;
  /** Carries out the user's answer to its calls, if they still wait, and lets it run. */
  goOn(answer: Answer | undefined, slot: RunSlot): Promise<void>;
  /** Resolves when the status is another one than this. */
  statusAfter(status: ExecutionStatus): Promise<void>;
  /** Resolves when no run is active and none follows. */
  settled(): Promise<void>;
  /** Lets the run end after its current step. */
  pause(): Promise<void>;
  /** Ends the run, and waits for that a few seconds. */
  interrupt(): Promise<void>;
  /** Its report, or the reason why there is none. */
  outcome(): Promise<Omit<TaskResult, "taskId">>;
}
