import type { Llm, LlmDelta, LlmReply } from "../../llm/llm.ts";
import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { AgentWritable, ConversationState } from "../../wire/conversation-state.ts";
import type { Event, NewEvent } from "../../wire/events/events.ts";
import type { PromptView } from "../view/prompt-view.ts";

/**
 * What the loop needs of the conversation it works for. Everything else (sockets, store, HTTP) stays outside,
 * so that a run can be tested with an array as its log.
 */
export interface AgentSession {
  /** Live: a message, a pause or a new policy shows here as soon as it is accepted. */
  readonly state: Readonly<ConversationState>;
  /** Follows the log: holds every appended event before `append` resolves. */
  readonly view: PromptView;
  /** The model of the agent as it is now. */
  readonly llm: Llm;
  readonly tools: Toolbox;
  /** Writes events to the log, in this order; resolves once they are stored. They are published after that. */
  append(events: readonly NewEvent[]): Promise<Event[]>;
  /**
   * Assigns state and logs one `ConversationStateUpdateEvent` for each key whose value changed, then `reasons`: all
   * in one commit, so that whoever reads the new state finds in the log why it changed.
   */
  update(
    changes: Partial<Pick<ConversationState, AgentWritable>>,
    reasons?: readonly NewEvent[],
  ): Promise<void>;
  /**
   * Adds a reply's tokens, cost and latency to the stats and appends them under `stats`, without waiting for the store:
   * the caller's next append shares the commit, and fails with it.
   */
  recordReply(reply: LlmReply): void;
  /** Shows a piece of a reply to whoever listens. Not stored. */
  publishDelta(delta: LlmDelta): void;
  /** A new UUID from the clock of the server. */
  newId(): string;
}
