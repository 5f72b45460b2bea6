import type { ActionEvent } from "../../wire/events/events.ts";
import type { Message } from "../../wire/events/message.ts";
import { assistantMessage, isPlainUser } from "./event-message.ts";

/**
 * The calls of one reply with their results, which providers want next to each other. Messages that arrive while calls
 * are open are held back and follow the results, whatever their place in the log.
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

  /** Messages that arrived while calls were open. */
  get held(): readonly Message[] {
    return this.#held;
  }

  addAction(action: ActionEvent): void {
    this.#actions.push(action);
    this.#messages = null;
  }

  /** Adds the result of a call. Further results of the same call, and results of other calls, are ignored. */
  addResult(callId: string, message: Message): void {
    if (this.#results.has(callId) || !this.#actions.some((action) => action.tool_call_id === callId)) return;
    this.#results.set(callId, message);
    this.#messages = null;
  }

  hold(message: Message): void {
    this.#held.push(message);
    this.#messages = null;
  }

  /** Includes answered calls only: providers reject a prompt that has a call without its result. */
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

/** Adds a message. Two plain user turns are joined into a new message, which replaces the last. */
export function appendMessage(messages: Message[], message: Message): void {
  const last = messages.at(-1);
  if (!isPlainUser(last) || !isPlainUser(message)) {
    messages.push(message);
    return;
  }
  messages[messages.length - 1] = { ...last, content: [...last.content, ...message.content] };
}
