import type { Llm, LlmReply } from "../../llm/llm.ts";
import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { AgentWritable, ConversationState } from "../../wire/conversation-state.ts";
import type { Event, NewEvent } from "../../wire/events/events.ts";
import type { ReplySlot } from "../reply-slot.ts";
import type { AnalyzerServices } from "../security/analyzer-host.ts";
import type { PromptView } from "../view/prompt-view.ts";
import type { Confirmation } from "./confirmation/confirmation.ts";

/**
 * The conversation as the loop needs it. Everything else (sockets, store, HTTP) stays outside, so that a run can be
 * tested with an array as its log.
 */
export interface AgentSession {
  /** Live state: a message, a pause or a new policy shows here as soon as it is accepted. */
  readonly state: Readonly<ConversationState>;
  /** The user's answers to calls that wait. */
  readonly confirmation: Confirmation;
  /** The log as a prompt. It holds every appended event before `append` or `updateAhead` resolves. */
  readonly view: PromptView;
  /** The model of the agent as it is now. */
  readonly llm: Llm;
  readonly tools: Toolbox;
  /** Services of the analyzers of actions. */
  readonly analyzers: AnalyzerServices;
  /** Appends events to the log, in this order. Resolves once they are stored; they are published after that. */
  append(events: readonly NewEvent[]): Promise<Event[]>;
  /**
   * Assigns state and appends one `ConversationStateUpdateEvent` for each key whose value changes, then `reasons`:
   * all in one commit, so that the log explains every state that a reader can see. Does nothing when there is nothing
   * to append.
   */
  update(
    changes: Partial<Pick<ConversationState, AgentWritable>>,
    reasons?: readonly NewEvent[],
  ): Promise<void>;
  /**
   * As `update`, but resolves once the view has the events: the model may be asked while they are being stored, and
   * readers see them after that. If they cannot be stored, every later append is refused, so that nothing that was
   * based on them is stored or carried out.
   */
  updateAhead(
    changes: Partial<Pick<ConversationState, AgentWritable>>,
    reasons: readonly NewEvent[],
  ): Promise<void>;
  /**
   * Adds a reply's tokens, cost and latency to the stats and appends them under `stats`, without waiting for the
   * store: the caller's next append shares the commit, and fails with it.
   */
  recordReply(reply: LlmReply): void;
  /** Makes a place for a reply of the agent, behind what is in the log. */
  openReply(): ReplySlot;
  /**
   * Resolves when something may begin whose effect cannot be taken back, such as a tool. Rejects when the log takes
   * nothing more, and after an abort. Default: at once.
   */
  mayBegin?(signal: AbortSignal): Promise<void>;
  /**
   * Ids of the open calls that another server has begun: the run asks the machine what became of them. Default: none.
   */
  readonly cutCalls?: Set<string>;
  /** A new UUID from the clock of the server. */
  newId(): string;
}
