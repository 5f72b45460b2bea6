import type { Logger } from "../logger.ts";
import type { MessageSpan, Outbox, QueueTotals, StoredMessage } from "../stores/outbox.ts";
import type { Backlog } from "./backlog.ts";
import type { Webhook } from "./webhook.ts";
import type { DeliveredTotals } from "./webhook-totals.ts";

/** Milliseconds after which messages are dropped that a receiver has not taken. */
export const MAX_AGE = 7 * 24 * 3600 * 1000;
/** Characters of a page beyond which no further message is read. */
export const READ_AHEAD = 1024 * 1024;
/** Number of messages that are looked at together when some must be dropped. */
const DROP_STEP = 100;
/** Number of drops of which one is reported, after the first. */
const REPORTED_DROPS = 100;

export interface WaitingMessagesOptions {
  /** Name of the queue in the store. */
  name: string;
  webhook: Pick<Webhook, "maxQueueSize" | "maxQueueBytes">;
  outbox: Outbox;
  /** Counts the bytes of all queues. */
  backlog: Pick<Backlog, "count">;
  logger: Logger;
  /** Counts what is dropped. */
  totals: DeliveredTotals;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * The messages that wait in one queue, and their limits. They are in the store; here they are counted, so that it need
 * not be asked for each of them. Nothing is dropped before the store has confirmed the count.
 */
export class WaitingMessages {
  readonly #options: WaitingMessagesOptions;
  #count = 0;
  #bytes = 0;
  #oldestAt = 0;
  #dropped = 0;

  constructor(options: WaitingMessagesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  /** Length of their texts in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest was written, or a moment before that; undefined without any. In milliseconds since 1970. */
  get oldestAt(): number | undefined {
    return this.#count > 0 ? this.#oldestAt : undefined;
  }

  /** Counts messages that were stored. */
  add({ count, bytes, oldestAt }: Omit<QueueTotals, "queue">): void {
    if (this.#count === 0) this.#oldestAt = oldestAt;
    this.#set(this.#count + count, this.#bytes + bytes);
  }

  /** Counts again, in the store: other processes may have added and removed messages. Resolves with the number. */
  async recount(): Promise<number> {
    const totals = await this.#options.outbox.totals(this.#options.name);
    this.#set(totals?.count ?? 0, totals?.bytes ?? 0);
    this.#oldestAt = totals?.oldestAt ?? 0;
    return this.#count;
  }

  /** The first messages, up to a number, and up to a length that one of them may exceed. */
  read(limit: number, maxLength = READ_AHEAD): Promise<StoredMessage[]> {
    return this.#options.outbox.read(this.#options.name, {
      limit,
      maxLength: Math.min(maxLength, READ_AHEAD),
    });
  }

  async remove(
    { first, last }: MessageSpan,
    { count, bytes, lastAt }: { count: number; bytes: number; lastAt: number },
  ): Promise<void> {
    await this.#options.outbox.remove(this.#options.name, { first, last });
    this.#set(Math.max(0, this.#count - count), Math.max(0, this.#bytes - bytes));
    // The next one is not older, and how much younger it is shows when it is read.
    this.#oldestAt = Math.max(this.#oldestAt, lastAt);
  }

  /** Drops the oldest messages beyond the limits. */
  async dropExcess(): Promise<void> {
    if (!this.#isOver()) return;
    await this.recount();
    while (this.#isOver() && (await this.#dropSome())) {}
  }

  /** Drops messages that are too old. */
  async dropOld(): Promise<void> {
    while (await this.#dropSome()) {}
  }

  /** Drops the oldest messages, whatever the limits. False when there are none. */
  async dropFirst(): Promise<boolean> {
    if (await this.#drop(await this.read(DROP_STEP))) return true;
    await this.recount();
    return false;
  }

  #set(count: number, bytes: number): void {
    const before = this.#bytes;
    this.#count = count;
    // What another process has removed may have been counted twice.
    this.#bytes = count === 0 ? 0 : bytes;
    this.#options.backlog.count(this.#bytes - before);
  }

  #isOver(): boolean {
    const { maxQueueSize, maxQueueBytes } = this.#options.webhook;
    return this.#count > maxQueueSize || this.#bytes > maxQueueBytes;
  }

  /** False when nothing was to be dropped. */
  async #dropSome(): Promise<boolean> {
    return this.#drop(this.#excess(await this.read(DROP_STEP)));
  }

  async #drop(dropped: readonly StoredMessage[]): Promise<boolean> {
    const [first] = dropped;
    const last = dropped.at(-1);
    if (first === undefined || last === undefined) return false;
    const bytes = dropped.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
    await this.remove(
      { first: first.seq, last: last.seq },
      { count: dropped.length, bytes, lastAt: last.at },
    );
    this.#report(dropped.length);
    return true;
  }

  #excess(page: readonly StoredMessage[]): StoredMessage[] {
    const { webhook, now } = this.#options;
    const tooOld = now() - MAX_AGE;
    let [count, bytes] = [this.#count, this.#bytes];
    const end = page.findIndex(({ json, at }) => {
      if (count <= webhook.maxQueueSize && bytes <= webhook.maxQueueBytes && at >= tooOld) return true;
      count -= 1;
      bytes -= Buffer.byteLength(json);
      return false;
    });
    return page.slice(0, end < 0 ? page.length : end);
  }

  #report(count: number): void {
    const before = this.#dropped;
    this.#dropped += count;
    this.#options.totals.dropped += count;
    const hundreds = (number: number) => Math.floor(number / REPORTED_DROPS);
    if (before > 0 && hundreds(before) === hundreds(this.#dropped)) return;
    const { logger, name } = this.#options;
    const about = { queue: name, dropped: this.#dropped };
    logger.warn(about, "A webhook has lost its oldest messages: too many wait, or for too long");
  }
}
