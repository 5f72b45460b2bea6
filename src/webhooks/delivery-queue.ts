import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import type { QueueTotals, StoredMessage } from "../stores/outbox.ts";
import { LONGEST_TIMER } from "../waiting.ts";
import type { Batch } from "./batch.ts";
import type { DeliverySlots } from "./delivery-slots.ts";
import { WaitingMessages, type WaitingMessagesOptions } from "./waiting-messages.ts";
import type { Webhook } from "./webhook.ts";

/** Milliseconds of one request. */
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds between two rounds of attempts at most, unless a webhook has a longer `flushDelay`. */
const LONGEST_PAUSE = 600_000;
/** Milliseconds until a queue is looked at again that another server sends. */
const HELD_PAUSE = 5_000;

export interface DeliveryQueueOptions extends WaitingMessagesOptions {
  webhook: Webhook;
  /** Number of messages with which a request is made at once, and that a request has at most. */
  bufferSize: number;
  /** Makes a request of the first of some messages. */
  batchOf(messages: readonly StoredMessage[]): Batch | undefined;
  /** Makes one attempt. Rejects when the receiver has not taken the batch. */
  post(batch: Batch, signal: AbortSignal): Promise<void>;
  slots: DeliverySlots;
  /** Claims the queue before it is sent. False while another server sends it. */
  hold(): Promise<boolean>;
  /** Aborts everything when the server does not wait any longer. */
  ending: AbortSignal;
  /** Called when nothing waits any more. */
  emptied(): void;
}

/** The failure of an attempt, unlike one of the store. */
class NotTaken extends Error {
  constructor(cause: unknown) {
    super("The receiver has not taken the request", { cause });
  }
}

/**
 * What waits in one queue of one webhook. The messages themselves are in the store, and leave it once the receiver has
 * taken them: a process that dies in between delivers them again. One request at a time, in the order of the store, and
 * by one server at a time.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #waiting: WaitingMessages;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #posting: Promise<void> | undefined;
  /** Rounds of attempts that have failed, one after another. */
  #failures = 0;
  #closed = false;
  #isElsewhere = false;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
    this.#waiting = new WaitingMessages(options);
  }

  /** Number of messages that wait, and when the oldest was written. None where another server sends them. */
  get waiting(): Pick<WaitingMessages, "count" | "oldestAt"> {
    return this.#isElsewhere ? { count: 0, oldestAt: undefined } : this.#waiting;
  }

  /** Takes over what an earlier process has left, and sends it. */
  resume(totals: QueueTotals): void {
    this.#waiting.add(totals);
    this.flush();
  }

  /** A message of this many bytes was stored. After a failure, only the timer decides when it is tried again. */
  added(bytes: number, at: number): void {
    this.#waiting.add({ count: 1, bytes, oldestAt: at });
    if (this.#isFull() && this.#failures === 0) this.#postSoon();
    else this.#startTimer(this.#failures === 0 ? this.#flushDelay() : this.#pause());
  }

  /** Sends what waits now, whether or not it is much. */
  flush(): void {
    if (this.#waiting.count > 0) this.#postSoon();
  }

  /** Drops some of the oldest messages, also while they are sent. False when there are none. */
  async shed(): Promise<boolean> {
    const isShed = await this.#waiting.dropFirst();
    if (this.#posting === undefined) this.#leaveIfEmpty();
    return isShed;
  }

  /**
   * Sends what waits, and starts no timer any more. Resolves with the number of messages that are left, but for those
   * that another server sends.
   */
  async close(): Promise<number> {
    this.#closed = true;
    this.#stopTimer();
    if (this.#posting !== undefined) await this.#posting;
    if (this.#waiting.count > 0 && !this.#options.ending.aborted) await this.#post();
    return this.waiting.count;
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
      this.#leaveIfEmpty();
    });
  }

  #leaveIfEmpty(): void {
    if (this.#waiting.count > 0 || this.#closed) return;
    this.#stopTimer();
    this.#options.emptied();
  }

  async #post(): Promise<void> {
    const { name, logger, hold } = this.#options;
    try {
      this.#isElsewhere = !(await hold());
      if (this.#isElsewhere) {
        if ((await this.#waiting.recount()) > 0) this.#startTimer(HELD_PAUSE);
        return;
      }
      const isDelivered = await this.#postWaiting();
      this.#failures = isDelivered ? 0 : this.#failures + 1;
      this.#stopTimer();
      if (this.#waiting.count > 0) this.#startTimer(isDelivered ? this.#flushDelay() : this.#pause());
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
    if (this.#failures > 0) await this.#waiting.dropOld();
    let left = this.#waiting.count;
    while (left > 0) {
      const sent = await this.#deliver(left);
      if (sent === "failed") return false;
      left -= sent;
      if (left > 0) continue;
      if (this.#isFull()) left = this.#waiting.count;
      // An earlier process may have left messages that were not counted.
      else if (this.#waiting.count === 0) left = await this.#waiting.recount();
    }
    return true;
  }

  /** Attempts to send the first of what waits. Resolves with the number of messages that were sent. */
  async #deliver(left: number): Promise<number | "failed"> {
    const { slots, webhook, ending } = this.#options;
    for (let attempt = 0; !ending.aborted; attempt += 1) {
      try {
        // What waits for its turn waits in the store, not in memory.
        return await slots.use(() => this.#attempt(left));
      } catch (error) {
        if (!(error instanceof NotTaken)) throw error;
        if (this.#isLast(attempt, error.cause)) return "failed";
      }
      await wait(webhook.retryDelay * 1000, undefined, { signal: ending, ref: false }).catch(() => undefined);
    }
    return "failed";
  }

  async #attempt(left: number): Promise<number> {
    const { ending, post, bufferSize, webhook, batchOf, totals } = this.#options;
    await this.#waiting.dropExcess();
    const messages = await this.#waiting.read(Math.min(left, bufferSize), webhook.maxBatchBytes);
    const batch = batchOf(messages);
    // Another process has sent them.
    if (batch === undefined) return left - (await this.#waiting.recount());
    const signal = AbortSignal.any([ending, AbortSignal.timeout(REQUEST_TIMEOUT)]);
    await post(batch, signal).catch((cause: unknown) => {
      throw new NotTaken(cause);
    });
    totals.delivered += batch.count;
    await this.#waiting.remove(batch, batch);
    return batch.count;
  }

  #isLast(attempt: number, error: unknown): boolean {
    const { webhook, logger, ending, name } = this.#options;
    const isLast = attempt >= webhook.numRetries || ending.aborted;
    const to = URL.parse(webhook.baseUrl)?.host;
    const about = {
      to,
      queue: name,
      attempt: attempt + 1,
      waiting: this.#waiting.count,
      error: messageOf(error),
    };
    if (isLast) logger.error(about, "A webhook does not take its messages; they are sent again later");
    else logger.warn(about, "A request to a webhook has failed and is repeated");
    return isLast;
  }

  #isFull(): boolean {
    const { bufferSize, webhook } = this.#options;
    return this.#waiting.count >= bufferSize || this.#waiting.bytes >= webhook.maxBatchBytes;
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
