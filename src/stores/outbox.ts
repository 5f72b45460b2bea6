import { AgentServerError } from "../errors.ts";

/** A message for a receiver elsewhere. */
export interface NewMessage {
  /** The queue that it waits in: 1 to 512 characters, which the store does not look into. */
  queue: string;
  /** The message. The store does not look inside. */
  json: string;
  /** When it was written, in milliseconds since 1970. */
  at: number;
}

/** A message that waits to be delivered. */
export interface StoredMessage extends NewMessage {
  /** Given by the store: greater than that of every message of any queue that was stored before. */
  seq: number;
}

/** Number and size of the messages in one queue. */
export interface QueueTotals {
  /** The name of the queue. */
  queue: string;
  /** Number of messages, at least 1. */
  count: number;
  /** Length of their texts in bytes of UTF-8. */
  bytes: number;
  /** `at` of the first message. */
  oldestAt: number;
}

/** Some of the queues that have messages. */
export interface QueueQuery {
  /** Only queues that come after this one, in the order of the store. Default: from the first on. */
  after?: string;
  /** Maximum number of queues. */
  limit: number;
}

/** A page of the messages of one queue. */
export interface MessageQuery {
  /** Maximum number of messages. */
  limit: number;
  /**
   * The page ends with the message with which its texts are longer than this, in UTF-16 code units. Default: no bound.
   */
  maxLength?: number;
}

/** Some messages of a queue: from `first` up to and including `last`, by `seq`. */
export interface MessageSpan {
  /** `seq` of the first. */
  first: number;
  /** `seq` of the last. */
  last: number;
}

/**
 * The part of a store that keeps messages for receivers elsewhere until they are delivered. Messages about a change of
 * a conversation are stored with it (`Change.messages`) and outlast the conversation.
 *
 * - `append` adds all messages or none, and resolves once they survive the death of the process.
 * - A queue is read in the order in which its messages were stored, and reads resolve only with what survives.
 * - A removed message does not come again. Until `remove` resolves, it may.
 * - Who writes bounds the queues: the store does not.
 */
export interface Outbox {
  /** Adds messages. Rejects with `bad_request` for a queue without a proper name. */
  append(messages: readonly NewMessage[]): Promise<void>;
  /**
   * Names of queues that have messages, in an order that stays. Costs as much as names are asked for, however much
   * waits.
   */
  queues(query: QueueQuery): Promise<string[]>;
  /** Counts what waits in a queue. undefined: nothing. */
  totals(queue: string): Promise<QueueTotals | undefined>;
  /** The first messages of a queue. */
  read(queue: string, query: MessageQuery): Promise<StoredMessage[]>;
  /** Removes messages of a queue. Those that are not there are fine. */
  remove(queue: string, span: MessageSpan): Promise<void>;
}

const MAX_QUEUE = 512;

/**
 * Checks messages. For implementations of `Store`.
 *
 * @throws AgentServerError `bad_request`
 */
export function assertMessages(messages: readonly NewMessage[]): void {
  const isNamed = ({ queue }: NewMessage) =>
    queue !== "" && queue.length <= MAX_QUEUE && queue.isWellFormed() && !queue.includes("\0");
  if (messages.every(isNamed)) return;
  throw new AgentServerError("bad_request", `A queue of messages has a name of 1 to ${MAX_QUEUE} characters`);
}
