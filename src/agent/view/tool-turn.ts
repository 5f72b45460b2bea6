import type { ActionEvent } from "../../wire/events/events.ts";
import type { Message } from "../../wire/events/message.ts";
import { assistantMessage, isPlainUser } from "./event-message.ts";

/**
 * The calls of one reply with their results: what providers want to see side by side. Messages that come while
 * calls are open wait here and follow the results, whatever their place in the log.
 */
export class ToolTurn {
  readonly responseId: string;
  readonly #actions: ActionEvent[] = [];
  readonly #results = new Map<string, Message>();
  readonly #held: Message[] = [];
  #messages: readonly Message[] | null = null;

  constructor(responseId: string) {
    this.responseId = responseId;
  }

  get isComplete(): boolean {
    return this.#actions.length === this.#results.size;
  }

  get pending(): ActionEvent[] {
    return this.#actions.filter((action) => !this.#results.has(action.tool_call_id));
  }

  addAction(action: ActionEvent): void {
    this.#actions.push(action);
    this.#messages = null;
  }

  /** The first result of a call counts; later ones and those of other calls are ignored. */
  addResult(callId: string, message: Message): void {
    if (this.#results.has(callId) || !this.#actions.some((action) => action.tool_call_id === callId)) return;
    this.#results.set(callId, message);
    this.#messages = null;
  }

  hold(message: Message): void {
    this.#held.push(message);
    this.#messages = null;
  }

  /** Only answered calls are told: a call without its result makes providers refuse the whole prompt. */
  messages(): readonly Message[] {
    this.#messages ??= this.#build();
    return this.#messages;
  }

  #build(): Message[] {
    const answered = this.#actions.filter((action) => this.#results.has(action.tool_call_id));
    const messages: Message[] = [];
    if (answered.length > 0) messages.push(assistantMessage(answered));
    for (const action of answered) {
      const result = this.#results.get(action.tool_call_id);
      if (result !== undefined) messages.push(result);
    }
    for (const message of this.#held) appendMessage(messages, message);
    return messages;
  }
}

/** Adds a message, joined with the last one when both are plain user turns. The last is replaced, not changed. */
export function appendMessage(messages: Message[], message: Message): void {
  const last = messages.at(-1);
  if (!isPlainUser(last) || !isPlainUser(message)) {
    messages.push(message);
    return;
  }
  messages[messages.length - 1] = { ...last, content: [...last.content, ...message.content] };
}
