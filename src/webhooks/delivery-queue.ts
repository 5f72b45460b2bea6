import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Outbox, QueueTotals, StoredMessage } from "../stores/outbox.ts";
import { LONGEST_TIMER } from "../waiting.ts";
import type { Batch } from "./batch.ts";
import type { DeliverySlots } from "./delivery-slots.ts";
import type { Webhook } from "./webhook.ts";

/** Milliseconds of one request. */
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds after which messages are dropped that a receiver has not taken. */
export const MAX_AGE = 7 * 24 * 3600 * 1000;
/** Milliseconds between two rounds of attempts at most, unless a webhook has a longer `flushDelay`. */
const LONGEST_PAUSE = 600_000;
/** Number of messages that are looked at together when some must be dropped. */
const DROP_STEP = 100;
/** Characters of a page beyond which no further message is read for a request. */
const READ_AHEAD = 1024 * 1024;
/** Number of drops of which one is reported, after the first. */
const REPORTED_DROPS = 100;

export interface DeliveryQueueOptions {
  /** Its name in the store. */
  name: string;
  webhook: Webhook;
  /** Number of messages with which a request is made at once, and that a request has at most. */
  bufferSize: number;
  outbox: Outbox;
  /** Makes a request of the first of some messages. */
  batchOf(messages: readonly StoredMessage[]): Batch | undefined;
  /** Makes one attempt. Rejects when the receiver has not taken the batch. */
  post(batch: Batch, signal: AbortSignal): Promise<void>;
  slots: DeliverySlots;
  logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
  /** Aborts everything when the server does not wait any longer. */
  ending: AbortSignal;
  /** Called when nothing waits any more. */
  emptied(): void;
}

/**
 * What waits in one queue of one webhook. The messages themselves are in the store, and leave it once the receiver has
 * taken them: a process that dies in between delivers them again. One request at a time, in the order of the store.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  /** Of the messages that wait, as far as this process knows; the store has the truth. */
  #count = 0;
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #posting: Promise<void> | undefined;
  #failures = 0;
  #dropped = 0;
  #closed = false;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
  }

  /** Takes over what an earlier process has left, and sends it. */
  resume({ count, bytes }: QueueTotals): void {
    this.#count += count;
    this.#bytes += bytes;
    this.flush();
  }

  /** A message of this many bytes was stored. After a failure, only the timer decides when it is tried again. */
  added(bytes: number): void {
    this.#count += 1;
    this.#bytes += bytes;
    if (this.#isFull() && this.#failures === 0) this.#postSoon();
    else this.#startTimer(this.#failures === 0 ? this.#flushDelay() : this.#pause());
  }

  /** Sends what waits now, whether or not it is much. */
  flush(): void {
    if (this.#count > 0) this.#postSoon();
  }

  /** Sends what waits, and starts no timer any more. Resolves with the number of messages that are left. */
  async close(): Promise<number> {
    this.#closed = true;
    this.#stopTimer();
    if (this.#posting !== undefined) await this.#posting;
    if (this.#count > 0 && !this.#options.ending.aborted) await this.#post();
    return this.#count;
  }

  /** While a request is made, messages only wait: it is looked at them afterwards. */
  #postSoon(): void {
    if (this.#posting !== undefined) {
      this.#startTimer(this.#flushDelay());
      return;
    }
    this.#stopTimer();
    this.#posting = this.#post().finally(() => {
      this.#posting = undefined;
      if (this.#count === 0 && !this.#closed) this.#options.emptied();
    });
  }

  async #post(): Promise<void> {
    const { name, logger } = this.#options;
    try {
      const isDelivered = await this.#postWaiting();
      this.#failures = isDelivered ? 0 : this.#failures + 1;
      this.#stopTimer();
      if (this.#count > 0) this.#startTimer(isDelivered ? this.#flushDelay() : this.#pause());
    } catch (error) {
      logger.error(
        { queue: name, error: messageOf(error) },
        "Messages for a webhook cannot be read or removed",
      );
      this.#failures += 1;
      this.#startTimer(this.#pause());
    }
  }

  /** Sends what waits at this moment, and what fills the buffer again meanwhile. False when a request has failed. */
  async #postWaiting(): Promise<boolean> {
    let left = this.#count;
    while (left > 0) {
      const batch = await this.#deliver(left);
      if (batch === "failed") return false;
      if (batch === "empty") return true;
      await this.#remove(batch);
      left -= batch.count;
      if (left <= 0) left = this.#isFull() ? this.#count : await this.#findUnknown();
    }
    return true;
  }

  /** Counts messages that this process does not know of: an earlier one has left them. Resolves with their number. */
  async #findUnknown(): Promise<number> {
    if (this.#count > 0) return 0;
    const { outbox, name, bufferSize } = this.#options;
    const found = await outbox.read(name, { limit: bufferSize, maxLength: READ_AHEAD });
    this.#count += found.length;
    this.#bytes += found.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
    return found.length;
  }

  /** Attempts to send the first of what waits. Resolves with what was sent. */
  async #deliver(left: number): Promise<Batch | "failed" | "empty"> {
    const { slots, webhook, ending } = this.#options;
    for (let attempt = 0; !ending.aborted; attempt += 1) {
      // What waits for its turn waits in the store, not in memory.
      const outcome = await slots.use(() => this.#attempt(left));
      if (!("error" in outcome)) return outcome.sent ?? "empty";
      if (this.#isLast(attempt, outcome.error)) return "failed";
      await wait(webhook.retryDelay * 1000, undefined, { signal: ending, ref: false }).catch(() => undefined);
    }
    return "failed";
  }

  async #attempt(left: number): Promise<{ sent: Batch | undefined } | { error: unknown }> {
    const { ending, post } = this.#options;
    if (ending.aborted) return { error: ending.reason };
    await this.#dropExcess();
    const batch = await this.#next(left);
    if (batch === undefined) return { sent: undefined };
    try {
      await post(batch, AbortSignal.any([ending, AbortSignal.timeout(REQUEST_TIMEOUT)]));
      return { sent: batch };
    } catch (error) {
      return { error };
    }
  }

  async #next(left: number): Promise<Batch | undefined> {
    const { outbox, name, bufferSize, batchOf, webhook } = this.#options;
    const maxLength = Math.min(webhook.maxBatchBytes, READ_AHEAD);
    const messages = await outbox.read(name, { limit: Math.min(left, bufferSize), maxLength });
    const batch = batchOf(messages);
    // Another process may have sent them. What was stored since the read still counts.
    if (batch === undefined) this.#count = Math.max(0, this.#count - left);
    if (this.#count === 0) this.#bytes = 0;
    return batch;
  }

  #isLast(attempt: number, error: unknown): boolean {
    const { webhook, logger, ending, name } = this.#options;
    const isLast = attempt >= webhook.numRetries || ending.aborted;
    const to = URL.parse(webhook.baseUrl)?.host;
    const about = { to, queue: name, attempt: attempt + 1, waiting: this.#count, error: messageOf(error) };
    if (isLast) logger.error(about, "A webhook does not take its messages; they are sent again later");
    else logger.warn(about, "A request to a webhook has failed and is repeated");
    return isLast;
  }

  /** Drops the oldest messages beyond the limits, and those that are too old. */
  async #dropExcess(): Promise<void> {
    const { outbox, name, now } = this.#options;
    const tooOld = now() - MAX_AGE;
    while (this.#isOver() || this.#failures > 0) {
      const page = await outbox.read(name, { limit: DROP_STEP, maxLength: READ_AHEAD });
      const dropped = this.#excess(page, tooOld);
      const [first] = dropped;
      const last = dropped.at(-1);
      if (first === undefined || last === undefined) return;
      const bytes = dropped.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
      await this.#remove({ first: first.seq, last: last.seq, count: dropped.length, bytes });
      this.#reportDrops(dropped.length);
    }
  }

  #excess(page: readonly StoredMessage[], tooOld: number): StoredMessage[] {
    const { maxQueueSize, maxQueueBytes } = this.#options.webhook;
    let [count, bytes] = [this.#count, this.#bytes];
    const end = page.findIndex(({ json, at }) => {
      if (count <= maxQueueSize && bytes <= maxQueueBytes && at >= tooOld) return true;
      count -= 1;
      bytes -= Buffer.byteLength(json);
      return false;
    });
    return page.slice(0, end < 0 ? page.length : end);
  }

  #reportDrops(count: number): void {
    const before = this.#dropped;
    this.#dropped += count;
    if (before > 0 && Math.floor(before / REPORTED_DROPS) === Math.floor(this.#dropped / REPORTED_DROPS))
      return;
    const { logger, name } = this.#options;
    logger.warn(
      { queue: name, dropped: this.#dropped },
      "A webhook has lost its oldest messages: too many wait",
    );
  }

  async #remove({ first, last, count, bytes }: Omit<Batch, "body">): Promise<void> {
    await this.#options.outbox.remove(this.#options.name, { first, last });
    this.#count = Math.max(0, this.#count - count);
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  #isFull(): boolean {
    const { bufferSize, webhook } = this.#options;
    return this.#count >= bufferSize || this.#bytes >= webhook.maxBatchBytes;
  }

  #isOver(): boolean {
    const { maxQueueSize, maxQueueBytes } = this.#options.webhook;
    return this.#count > maxQueueSize || this.#bytes > maxQueueBytes;
  }

  #flushDelay(): number {
    return this.#options.webhook.flushDelay * 1000;
  }

  /** Doubles with each round of attempts that has failed. */
  #pause(): number {
    const first = this.#flushDelay();
    return Math.min(first * 2 ** Math.min(this.#failures - 1, 30), Math.max(first, LONGEST_PAUSE));
  }

  /** The first timer decides: later messages do not put it off. */
  #startTimer(delay: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.flush();
      },
      Math.min(delay, LONGEST_TIMER),
    );
    this.#timer.unref?.();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
