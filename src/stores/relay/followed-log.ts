import type { Frame, TextFrame } from "../frame-relay.ts";
import type { ConversationRecord } from "../store.ts";
import { FrameOrder } from "./frame-order.ts";
import type { LogReader } from "./log-reader.ts";

/** Where a followed log stood when the store was asked about it. */
export interface AskedLog {
  readonly log: FollowedLog;
  readonly next: number;
}

export interface FollowedLogOptions {
  readonly conversationId: string;
  readonly reader: LogReader;
  /** Called once, when the last follower has gone or nothing follows. */
  closed(): void;
}

/** A conversation while it has followers here: frames as they come, completed from the store. */
export class FollowedLog {
  readonly conversationId: string;
  /** Resolves once it is known where the log stands. */
  readonly begun: Promise<void>;
  readonly #reader: LogReader;
  readonly #closed: () => void;
  readonly #followers = new Set<(frame: Frame) => void>();
  readonly #order = new FrameOrder((frame) => this.#show(frame));
  /** Distinguishes the conversation from a later one with its id. */
  #createdAt: string | undefined;
  #isClosed = false;
  #isReading = false;
  /** Whether the store has failed since the last look: frames that come meanwhile ask it for nothing. */
  #isFailing = false;
  /** Number of events that the store is known to have. */
  #stored = 0;

  constructor({ conversationId, reader, closed }: FollowedLogOptions) {
    this.conversationId = conversationId;
    this.#reader = reader;
    this.#closed = closed;
    this.begun = this.#begin();
    // Followers get the failure. There may be none any more.
    this.begun.catch(() => undefined);
  }

  /** Adds a follower. Returns a function that removes it. */
  add(take: (frame: Frame) => void): () => void {
    const follower = (frame: Frame) => take(frame);
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#close();
    };
  }

  take(frame: TextFrame): void {
    if (this.#isClosed) return;
    this.#order.take(frame);
    if (!this.#isFailing) this.#catchUp();
  }

  /** Ends the log: followers get nothing after this frame. */
  end(kind: "removed" | "ended"): void {
    if (this.#isClosed) return;
    this.#show({ kind });
    this.#close();
  }

  /** Where the log stands before the store is asked; undefined while that is unknown. */
  ask(): AskedLog | undefined {
    const { next } = this.#order;
    return next === undefined || this.#isClosed ? undefined : { log: this, next };
  }

  /** Compares the log with what the store has answered, which is as new as the question or newer. */
  compare(next: number, record: ConversationRecord | undefined): void {
    if (this.#isClosed) return;
    this.#isFailing = false;
    const wasStored = this.#createdAt !== undefined || next > 0;
    this.#createdAt ??= record?.createdAt;
    if (record?.createdAt !== this.#createdAt) this.end("removed");
    else if (record === undefined && wasStored) this.end("removed");
    else if (record !== undefined && record.eventCount < next) this.end("ended");
    else this.#stored = Math.max(this.#stored, record?.eventCount ?? 0);
    this.#catchUp();
  }

  async #begin(): Promise<void> {
    try {
      const record = (await this.#reader.records([this.conversationId])).get(this.conversationId);
      this.#createdAt = record?.createdAt;
      this.#order.begin(record?.eventCount ?? 0);
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#catchUp();
  }

  get #isLate(): boolean {
    if (this.#isClosed) return false;
    return this.#order.isBehind || this.#stored > (this.#order.next ?? 0);
  }

  #catchUp(): void {
    if (this.#isLate && !this.#isReading) void this.#readMissing();
  }

  /** Never rejects: when the store fails, the next look at it reads on. */
  async #readMissing(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isLate) await this.#readPage();
    } catch {
      // The reader has reported it.
      this.#isFailing = true;
    } finally {
      this.#isReading = false;
    }
  }

  async #readPage(): Promise<void> {
    const { next = 0, received } = this.#order;
    const events = await this.#reader.eventsFrom(this.conversationId, next);
    if (this.#isClosed) return;
    this.#order.fill(events);
    if (events.length > 0 || this.#order.received > received) return;
    // A frame without its event is false, and fewer events than known are a matter of the next look.
    this.#order.giveUp();
    this.#stored = 0;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#followers.clear();
    this.#closed();
  }

  #show(frame: Frame): void {
    for (const take of this.#followers) take(frame);
  }
}
