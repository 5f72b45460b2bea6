import {
  assertMessages,
  type MessageQuery,
  type MessageSpan,
  type NewMessage,
  type Outbox,
  type QueueQuery,
  type QueueTotals,
  type StoredMessage,
} from "../outbox.ts";
import { longerThan } from "../page-length.ts";

/** Messages in memory. */
export class MemoryOutbox implements Outbox {
  readonly #queues = new Map<string, StoredMessage[]>();
  readonly #assertOpen: () => void;
  #seq = 0;

  /** `assertOpen` throws when the store is closed. */
  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen;
  }

  async append(messages: readonly NewMessage[]): Promise<void> {
    this.#assertOpen();
    assertMessages(messages);
    this.add(messages);
  }

  async queues({ after = "", limit }: QueueQuery): Promise<string[]> {
    this.#assertOpen();
    const names = [...this.#queues.keys()].filter((queue) => queue > after);
    return names.sort((left, right) => (left < right ? -1 : 1)).slice(0, limit);
  }

  async totals(queue: string): Promise<QueueTotals | undefined> {
    const messages = this.#of(queue);
    const [first] = messages;
    if (first === undefined) return undefined;
    const bytes = messages.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
    return { queue, count: messages.length, bytes, oldestAt: first.at };
  }

  async read(queue: string, { limit, maxLength }: MessageQuery): Promise<StoredMessage[]> {
    const messages = this.#of(queue).slice(0, limit);
    const isFull = longerThan(maxLength);
    const last = messages.findIndex(({ json }) => isFull(json.length));
    return messages.slice(0, last < 0 ? limit : last + 1).map((message) => ({ ...message }));
  }

  async remove(queue: string, { first, last }: MessageSpan): Promise<void> {
    const left = this.#of(queue).filter(({ seq }) => seq < first || seq > last);
    if (left.length === 0) this.#queues.delete(queue);
    else this.#queues.set(queue, left);
  }

  /** Adds messages that were checked. */
  add(messages: readonly NewMessage[]): void {
    for (const message of messages) {
      this.#seq += 1;
      const ofQueue = this.#queues.get(message.queue) ?? [];
      this.#queues.set(message.queue, ofQueue);
      ofQueue.push({ ...message, seq: this.#seq });
    }
  }

  /** Forgets every message. */
  forget(): void {
    this.#queues.clear();
  }

  #of(queue: string): StoredMessage[] {
    this.#assertOpen();
    return this.#queues.get(queue) ?? [];
  }
}
