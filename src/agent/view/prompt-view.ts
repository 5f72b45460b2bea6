import type { ActionEvent, CondensationEvent, Event } from "../../wire/events/events.ts";
import { isOffBranch } from "../../wire/events/hook-records.ts";
import type { Message } from "../../wire/events/message.ts";
import { isBlankAssistant } from "./event-message.ts";
import { enforceInvariants } from "./invariants.ts";
import { appendMessage, ToolTurn } from "./tool-turn.ts";
import { isResult, openCalls, type ViewEvent } from "./view-event.ts";
import { messageOfViewEvent } from "./view-message.ts";

/** Number of events kept for `recent`. */
const TAIL = 100;

/**
 * The active branch of the log as messages for the model. Each event is converted once, when it is added, so the cost
 * of a step does not grow with the log. A returned message object never changes, and only the messages of the last
 * turn are replaced by new ones.
 *
 * The invariants of providers hold after every event, whatever the log has: a view that grew with the log is the same
 * as one that is built of the whole log again.
 */
export class PromptView {
  #events: ViewEvent[] = [];
  /** Ids of the calls among the events that have no result. */
  #open = new Set<string>();
  #settled: Message[] = [];
  #turn: ToolTurn | null = null;
  #snapshot: readonly Message[] | null = null;
  #tail: Event[] = [];
  #callIds = new Set<string>();
  #lastResponseId: string | null = null;
  #measuredReply: string | null = null;
  #userMessages = 0;
  #condensationRequested = false;

  /** Adds the next event of the log. Events without a message for the model only count for `recent`. */
  add(event: Event): void {
    if (isAside(event)) return;
    this.#remember(event);
    switch (event.kind) {
      case "SystemPromptEvent":
      case "MessageEvent":
      case "ActionEvent":
        this.#push(event);
        return;
      case "ObservationEvent":
      case "UserRejectObservation":
      case "AgentErrorEvent":
        // A second result, or one whose call was forgotten, is in no prompt.
        if (this.#open.has(event.tool_call_id)) this.#push(event);
        return;
      case "CondensationRequest":
        this.#condensationRequested = true;
        return;
      case "Condensation":
        this.#condensationRequested = false;
        this.#condense(event);
        return;
      case "ConversationErrorEvent":
        // A request that failed is over, lest it fail every run to come.
        this.#condensationRequested = false;
        return;
    }
  }

  /** The whole prompt. Adding an event makes a new list. */
  messages(): readonly Message[] {
    this.#snapshot ??= this.#settled.concat(this.#turn?.messages() ?? []);
    return this.#snapshot;
  }

  /** As `messages`, without the calls of the last reply and their results while some have no answer. */
  answeredMessages(): readonly Message[] {
    if (this.#turn === null || this.#turn.isComplete) return this.messages();
    const messages = [...this.#settled];
    for (const message of this.#turn.held) appendMessage(messages, message);
    return messages;
  }

  /** Calls without an answer, oldest first. */
  pending(): readonly ActionEvent[] {
    return this.#turn?.pending ?? [];
  }

  /** The last `count` events of the branch, oldest first; at most 100. */
  recent(count: number): readonly Event[] {
    return this.#tail.slice(-Math.min(count, TAIL));
  }

  /** Events of the prompt, oldest first. A condenser chooses from them. */
  get events(): readonly ViewEvent[] {
    return this.#events;
  }

  /** Whether the last `CondensationRequest` has neither a `Condensation` nor a failure behind it. */
  get condensationRequested(): boolean {
    return this.#condensationRequested;
  }

  /** Number of the user's messages in the prompt. It grows when one comes in while the model is busy. */
  get userMessageCount(): number {
    return this.#userMessages;
  }

  /** Id of the reply that the newest calls came from. */
  get lastResponseId(): string | null {
    return this.#lastResponseId;
  }

  /**
   * Id of the newest reply to a prompt that this one begins with, so that what its provider counted still holds. null
   * before the first, and after a condensation until the next.
   */
  get measuredReply(): string | null {
    return this.#measuredReply;
  }

  /** Whether the branch has a call with this id. */
  hasCall(toolCallId: string): boolean {
    return this.#callIds.has(toolCallId);
  }

  #remember(event: Event): void {
    this.#tail.push(event);
    if (this.#tail.length > 2 * TAIL) this.#tail = this.#tail.slice(-TAIL);
    if (event.kind === "ActionEvent") {
      this.#callIds.add(event.tool_call_id);
      this.#lastResponseId = event.llm_response_id;
      this.#measuredReply = event.llm_response_id;
    }
    if (event.kind === "MessageEvent" && event.llm_response_id) this.#measuredReply = event.llm_response_id;
    if (isUserMessage(event)) this.#userMessages += 1;
  }

  #push(event: ViewEvent): void {
    this.#events.push(event);
    if (event.kind === "ActionEvent") this.#open.add(event.tool_call_id);
    else if (isResult(event)) this.#open.delete(event.tool_call_id);
    this.#place(event);
  }

  #place(event: ViewEvent): void {
    this.#snapshot = null;
    switch (event.kind) {
      case "SystemPromptEvent":
      case "MessageEvent":
      case "CondensationSummaryEvent":
        this.#say(messageOfViewEvent(event));
        return;
      case "ActionEvent":
        this.#turnOf(event).addAction(event);
        return;
      default:
        this.#turn?.addResult(event.tool_call_id, messageOfViewEvent(event));
    }
  }

  #say(message: Message): void {
    if (isBlankAssistant(message)) return;
    if (this.#turn !== null && !this.#turn.isComplete) {
      this.#turn.hold(message);
      return;
    }
    this.#closeTurn();
    appendMessage(this.#settled, message);
  }

  /** The turn of an action. Calls of one reply share a turn, also when the error of a bad call stands between them. */
  #turnOf(action: ActionEvent): ToolTurn {
    if (this.#turn?.responseId === action.llm_response_id) return this.#turn;
    this.#closeTurn();
    this.#turn = new ToolTurn(action.llm_response_id);
    return this.#turn;
  }

  #closeTurn(): void {
    for (const message of this.#turn?.messages() ?? []) appendMessage(this.#settled, message);
    this.#turn = null;
  }

  /** Applies a condensation. This is rare, and the only case in which the whole prompt is built again. */
  #condense({ id, forgotten_event_ids, summary, summary_offset: offset }: CondensationEvent): void {
    const forgotten = new Set(forgotten_event_ids);
    const kept = this.#events.filter((past) => !forgotten.has(past.id));
    if (typeof summary === "string" && typeof offset === "number") {
      kept.splice(offset, 0, { kind: "CondensationSummaryEvent", id: `${id}-summary`, summary });
    }
    this.#rebuild(enforceInvariants(kept, this.#events));
  }

  #rebuild(events: readonly ViewEvent[]): void {
    this.#events = [...events];
    this.#open = openCalls(events);
    this.#measuredReply = null;
    this.#userMessages = events.filter(isUserMessage).length;
    this.#settled = [];
    this.#turn = null;
    for (const event of events) this.#place(event);
  }
}

/**
 * State updates and most records of hooks are not part of the branch; records of calls and risks must not count as
 * progress of the agent.
 */
function isAside(event: Event): boolean {
  const { kind } = event;
  return (
    kind === "ConversationStateUpdateEvent" ||
    kind === "LLMCompletionLogEvent" ||
    kind === "SecurityAnalysisEvent" ||
    isOffBranch(event)
  );
}

function isUserMessage(event: Event | ViewEvent): boolean {
  return event.kind === "MessageEvent" && event.source === "user";
}
