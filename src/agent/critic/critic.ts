import type { ToolSchema } from "../../llm/llm.ts";
import type { CriticResult } from "../../wire/events/events.ts";
import type { Message } from "../../wire/events/message.ts";

/** The work of an agent up to the event that is rated. */
export interface Work {
  /** The prompt, oldest first; with the event, if that is a message. */
  messages: readonly Message[];
  /** Ids of the events that the messages are made of. */
  eventIds: readonly string[];
  tools: readonly ToolSchema[];
  /** Whether the event ends the work by a call of `finish`. */
  isFinish: boolean;
  /** Whether the agent's folder differs from where its branch began. */
  hasChanges(): Promise<boolean>;
  /** Aborted when nothing waits for the rating any more. */
  signal: AbortSignal;
}

/** Rates the work of an agent. */
export interface Critic {
  /** Rates the work. Rejects when it cannot. */
  rate(work: Work): Promise<CriticResult>;
  /** Whether a rating is too bad to finish with, whatever its score is. */
  findsFault(result: CriticResult): boolean;
  /** Describes a rating to the agent, a line for each point; empty for one that says nothing but its score. */
  describe(result: CriticResult): string[];
}
