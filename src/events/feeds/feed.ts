/** Why a feed ended: its conversation was removed, or the server is closing. */
export type FeedEnd = "removed" | "closed";

/** Where a frame belongs in the log. */
export interface LinkPlace {
  /** The place of a stored event. */
  readonly seq?: number | undefined;
  /** For a frame that is not stored: number of events before it. */
  readonly at?: number | undefined;
}

/** One published frame. Each knows its successor only, so frames that every reader has passed are garbage. */
interface Link extends LinkPlace {
  readonly text: string;
  readonly bytes: number;
  next: Link | undefined;
}

/** The state that a feed shares with its readers. It refers to readers only while they wait. */
interface Channel {
  newest: Link;
  bytes: number;
  readers: number;
  end: FeedEnd | undefined;
  readonly waiting: Set<() => void>;
  readonly onUnread: () => void;
}

/**
 * The frames published from now on, for any number of readers. There is one chain of frames for all of them:
 * a reader that stands still costs what it has not read, and nothing per frame or per reader.
 */
export class Feed {
  readonly #channel: Channel;

  /** `onUnread` is called whenever the last reader has closed. */
  constructor(onUnread: () => void = () => {}) {
    this.#channel = {
      newest: { text: "", bytes: 0, next: undefined },
      bytes: 0,
      readers: 0,
      end: undefined,
      waiting: new Set(),
      onUnread,
    };
  }

  /** Number of readers that are not closed. */
  get readerCount(): number {
    return this.#channel.readers;
  }

  publish(text: string, { seq, at }: LinkPlace = {}): void {
    const channel = this.#channel;
    if (channel.end !== undefined) return;
    const link = { text, seq, at, bytes: text.length, next: undefined };
    channel.newest.next = link;
    channel.newest = link;
    channel.bytes += link.bytes;
    wakeAll(channel);
  }

  read(): FeedReader {
    return new FeedReader(this.#channel);
  }

  /** Publishes no more. Readers may still take what is there; then they have `ended`. */
  close(end: FeedEnd): void {
    this.#channel.end ??= end;
    wakeAll(this.#channel);
  }
}

/** One reader's place in a feed. */
export class FeedReader {
  readonly #channel: Channel;
  #passed: Link | undefined;
  #passedBytes: number;
  /** Stored events up to this place are not taken from the feed. */
  #coveredSeq = -1;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#passed = channel.newest;
    this.#passedBytes = channel.bytes;
    channel.readers++;
  }

  /**
   * Leaves out stored events up to `seq`, which the reader has from elsewhere, whenever they come, and the other frames
   * from before them: a transient frame from before an event would contradict what the reader has.
   */
  passOver(seq: number): void {
    this.#coveredSeq = seq;
  }

  /** The next frame; undefined when there is none yet. */
  take(): string | undefined {
    let link = this.#next();
    while (link !== undefined && this.#isCovered(link)) link = this.#next();
    return link?.text;
  }

  /** Resolves when there is something to take, when the reader has ended, or when the signal aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    while (this.#passed?.next === undefined && !this.ended && !signal?.aborted) await this.#woken(signal);
  }

  /** True when there is nothing to take and never will be. */
  get ended(): boolean {
    return this.#passed === undefined || (this.end !== undefined && this.#passed.next === undefined);
  }

  /** Why the feed has ended; frames published before its end may still be there to take. */
  get end(): FeedEnd | undefined {
    return this.#channel.end;
  }

  /** Size of the frames published and not yet taken, in UTF-16 code units: bytes for ASCII, fewer for other scripts. */
  get lagBytes(): number {
    return this.#passed === undefined ? 0 : this.#channel.bytes - this.#passedBytes;
  }

  /** Gives up everything not yet taken. */
  close(): void {
    if (this.#passed === undefined) return;
    this.#passed = undefined;
    this.#channel.readers--;
    wakeAll(this.#channel);
    if (this.#channel.readers === 0) this.#channel.onUnread();
  }

  #next(): Link | undefined {
    const link = this.#passed?.next;
    if (link === undefined) return undefined;
    this.#passed = link;
    this.#passedBytes += link.bytes;
    return link;
  }

  #isCovered({ seq, at }: Link): boolean {
    const place = seq ?? at;
    return place !== undefined && place <= this.#coveredSeq;
  }

  #woken(signal: AbortSignal | undefined): Promise<void> {
    const { waiting } = this.#channel;
    return new Promise((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }
}

function wakeAll(channel: Channel): void {
  for (const wake of channel.waiting) wake();
}
