import type { Following, Frame } from "../frame-relay.ts";
import type { LogReader } from "./log-reader.ts";

/** Milliseconds between looks at the store: an event whose frame was lost is at most this late, and a query. */
const LOOK_MS = 1_000;

export interface FollowedBashOptions {
  readonly reader: LogReader;
  /** Begins to get frames of other processes. Returns a function that ends it. */
  subscribe(): () => void;
}

/**
 * The bash events of the server while they have followers here. An event is shown as it comes if it is the next one of
 * the store. Otherwise those between are read: bash events of conversations, or what a feed has lost.
 */
export class FollowedBash {
  readonly #options: FollowedBashOptions;
  readonly #followers = new Set<(frame: Frame) => void>();
  #session: Session | undefined;

  constructor(options: FollowedBashOptions) {
    this.#options = options;
  }

  follow(take: (frame: Frame) => void): Following {
    const follower = (frame: Frame) => take(frame);
    this.#followers.add(follower);
    this.#session ??= new Session(this.#options, (frame) => this.#show(frame));
    const end = () => {
      this.#followers.delete(follower);
      if (this.#followers.size > 0) return;
      this.#session?.end();
      this.#session = undefined;
    };
    return { begun: this.#session.begun, end };
  }

  take(frame: Frame): void {
    if (frame.kind === "event") this.#session?.take(frame);
  }

  /** Looks for events whose frames may be lost. */
  look(): void {
    this.#session?.look();
  }

  #show(frame: Frame): void {
    for (const take of this.#followers) take(frame);
  }
}

/** One time with followers, from the first to the last of them. */
class Session {
  /** Resolves once it is known from which event on everything is shown. */
  readonly begun: Promise<void>;
  readonly #reader: LogReader;
  readonly #show: (frame: Frame) => void;
  readonly #unfollow: () => void;
  readonly #looks: ReturnType<typeof setInterval>;
  /** The event up to which everything was shown; undefined until that is known. */
  #shown: number | undefined;
  /** Events behind that one which are shown already, because the store failed in the midst of what was read. */
  readonly #shownAhead = new Set<number>();
  #isReading = false;
  /** Whether something may have come since the store was asked. */
  #isDue = false;
  #hasEnded = false;

  constructor({ reader, subscribe }: FollowedBashOptions, show: (frame: Frame) => void) {
    this.#reader = reader;
    this.#show = show;
    this.#unfollow = subscribe();
    this.#looks = setInterval(() => this.look(), LOOK_MS).unref();
    this.begun = this.#begin();
    // Followers get the failure. There may be none any more.
    this.begun.catch(() => undefined);
  }

  take(frame: Frame & { kind: "event" }): void {
    if (this.#shown !== undefined && frame.seq <= this.#shown) return;
    if (this.#shown === undefined || this.#isReading || frame.seq > this.#shown + 1) {
      this.look();
      return;
    }
    this.#shown = frame.seq;
    this.#show(frame);
  }

  look(): void {
    this.#isDue = true;
    if (!this.#isReading && this.#shown !== undefined) void this.#read(this.#shown);
  }

  end(): void {
    this.#hasEnded = true;
    clearInterval(this.#looks);
    this.#unfollow();
  }

  async #begin(): Promise<void> {
    this.#shown = await this.#reader.lastBash();
    if (this.#isDue) this.look();
  }

  /** Never rejects: when the store fails, which the reader has reported, the next look reads on. */
  async #read(shown: number): Promise<void> {
    this.#isReading = true;
    try {
      for (let from = shown; this.#isDue && !this.#hasEnded; ) {
        this.#isDue = false;
        const last = await this.#reader.lastBash();
        if (last <= from) continue;
        await this.#showBetween(from, last);
        this.#shownAhead.clear();
        this.#shown = last;
        from = last;
      }
    } catch {
    } finally {
      this.#isReading = false;
    }
  }

  async #showBetween(after: number, last: number): Promise<void> {
    for await (const page of this.#reader.bashBetween(after, last)) {
      if (this.#hasEnded) return;
      for (const { seq, json } of page) {
        if (this.#shownAhead.has(seq)) continue;
        this.#shownAhead.add(seq);
        this.#show({ kind: "event", seq, text: json });
      }
    }
  }
}
