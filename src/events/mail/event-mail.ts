import type { NewMessage } from "../../stores/outbox.ts";

/**
 * The mail of one conversation: what receivers elsewhere get of its events. The messages are stored together with the
 * events, so that each event is delivered although the process dies in between.
 */
export interface EventMail {
  /** The messages about events, given as JSON texts in their order. */
  messagesOf(events: readonly string[]): NewMessage[];
  /** Called once messages are stored. */
  stored(messages: readonly NewMessage[]): void;
}
