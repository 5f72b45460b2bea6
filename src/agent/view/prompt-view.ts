import type {
  ActionEvent,
  CondensationEvent,
  Event,
  MessageEvent,
  SystemPromptEvent,
} from "../../wire/events/events.ts";
import { type Message, text } from "../../wire/events/message.ts";
import {
  isBlankAssistant,
  messageOfEvent,
  type ResultEvent,
  resultMessage,
  systemMessage,
} from "./event-message.ts";
import { appendMessage, ToolTurn } from "./tool-turn.ts";

/** Takes the place of forgotten events. It exists in the view only; its id is `<condensation id>-summary`. */
interface SummaryEvent {
  kind: "CondensationSummaryEvent";
  id: string;
  summary: string;
}

/** An event that the prompt is made of. The offsets of condensations count these. */
export type ViewEvent = SystemPromptEvent | MessageEvent | ActionEvent | ResultEvent | SummaryEvent;

/** Number of events kept for `recent`. */
const TAIL = 100;

/**
 * The active branch of the log as messages for the model. Each event is converted once, when it is added, so the cost
 * of a step does not grow with the log. A returned message object never changes, and only the messages of the last
 * turn are replaced by new ones.
 */
export class PromptView {
  #events: ViewEvent[] = [];
  #settled: Message[] = [];
  #turn: ToolTurn | null = null;
  #snapshot: readonly Message[] | null = null;
  #tail: Event[] = [];
  #callIds = new Set<string>();
  #lastResponseId: string | null = null;
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
      case "ObservationEvent":
      case "UserRejectObservation":
      case "AgentErrorEvent":
        this.#events.push(event);
        this.#place(event);
        return;
      case "CondensationRequest":
        this.#condensationRequested = true;
        return;
      case "Condensation":
        this.#condensationRequested = false;
        this.#condense(event);
        return;
    }
  }

  /** The whole prompt. Adding an event makes a new list. */
  messages(): readonly Message[] {
    this.#snapshot ??= this.#settled.concat(this.#turn?.messages() ?? []);
    return this.#snapshot;
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

  /** Whether the last `CondensationRequest` still has no `Condensation`. */
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
    }
    if (isUserMessage(event)) this.#userMessages += 1;
  }

  #place(event: ViewEvent): void {
    this.#snapshot = null;
    switch (event.kind) {
      case "SystemPromptEvent":
        this.#say(systemMessage(event));
        return;
      case "MessageEvent":
        this.#say(messageOfEvent(event));
        return;
      case "CondensationSummaryEvent":
        this.#say({ role: "user", content: [text(event.summary)] });
        return;
      case "ActionEvent":
        this.#turnOf(event).addAction(event);
        return;
      default:
        this.#turn?.addResult(event.tool_call_id, resultMessage(event));
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
  #condense(event: CondensationEvent): void {
    const forgotten = new Set(event.forgotten_event_ids);
    const broken = new Set<string>();
    for (const past of this.#events) {
      if (past.kind === "ActionEvent" && forgotten.has(past.id)) broken.add(past.llm_response_id);
    }
    // Calls of one reply are forgotten together: the reasoning of the reply belongs to its first call.
    const kept = this.#events.filter(
      (past) => !forgotten.has(past.id) && !(past.kind === "ActionEvent" && broken.has(past.llm_response_id)),
    );
    const { summary, summary_offset: offset } = event;
    if (typeof summary === "string" && typeof offset === "number") {
      kept.splice(offset, 0, { kind: "CondensationSummaryEvent", id: `${event.id}-summary`, summary });
    }
    this.#rebuild(kept);
  }

  #rebuild(events: ViewEvent[]): void {
    this.#events = events;
    this.#userMessages = events.filter(isUserMessage).length;
    this.#settled = [];
    this.#turn = null;
    for (const event of events) this.#place(event);
  }
}

/** State updates are not part of the branch; records of calls and risks must not count as progress of the agent. */
function isAside({ kind }: Event): boolean {
  return (
    kind === "ConversationStateUpdateEvent" ||
    kind === "LLMCompletionLogEvent" ||
    kind === "SecurityAnalysisEvent"
  );
}

function isUserMessage(event: Event | ViewEvent): boolean {
  return event.kind === "MessageEvent" && event.source === "user";
}
