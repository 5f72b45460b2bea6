/** One published frame. Each knows its successor only, so frames that every reader has passed are garbage. */
interface Frame {
  readonly text: string;
  readonly bytes: number;
  next: Frame | undefined;
}

/** What a feed shares with its readers. It refers to readers only while they wait. */
interface Channel {
  newest: Frame;
  bytes: number;
  readers: number;
  closed: boolean;
  readonly waiting: Set<() => void>;
}

/**
 * What is published from now on, for any number of readers. There is one chain of frames for all of them:
 * a reader that stands still costs what it has not read, and nothing per frame or per reader.
 */
export class Feed {
  readonly #channel: Channel = {
    newest: { text: "", bytes: 0, next: undefined },
    bytes: 0,
    readers: 0,
    closed: false,
    waiting: new Set(),
  };

  /** Readers that are not closed. */
  get readerCount(): number {
    return this.#channel.readers;
  }

  publish(text: string): void {
    const channel = this.#channel;
    if (channel.closed) return;
    const frame = { text, bytes: text.length, next: undefined };
    channel.newest.next = frame;
    channel.newest = frame;
    channel.bytes += frame.bytes;
    wakeAll(channel);
  }

  read(): FeedReader {
    return new FeedReader(this.#channel);
  }

  /** Publishes no more. Readers may still take what is there; then they have `ended`. */
  closeAll(): void {
    this.#channel.closed = true;
    wakeAll(this.#channel);
  }
}

/** One reader's place in a feed. */
export class FeedReader {
  readonly #channel: Channel;
  #passed: Frame | undefined;
  #passedBytes: number;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#passed = channel.newest;
    this.#passedBytes = channel.bytes;
    channel.readers++;
  }

  /** The next frame; undefined when there is none yet. */
  take(): string | undefined {
    const frame = this.#passed?.next;
    if (frame === undefined) return undefined;
    this.#passed = frame;
    this.#passedBytes += frame.bytes;
    return frame.text;
  }

  /** Resolves when there is something to take, when the reader has ended, or when the signal aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    while (this.#passed?.next === undefined && !this.ended && !signal?.aborted) await this.#woken(signal);
  }

  /** True when there is nothing to take and never will be. */
  get ended(): boolean {
    return this.#passed === undefined || (this.#channel.closed && this.#passed.next === undefined);
  }

  /** What is published and not yet taken, in UTF-16 code units: bytes for ASCII, fewer for other scripts. */
  get lagBytes(): number {
    return this.#passed === undefined ? 0 : this.#channel.bytes - this.#passedBytes;
  }

  /** Lets go of everything not yet taken. */
  close(): void {
    if (this.#passed === undefined) return;
    this.#passed = undefined;
    this.#channel.readers--;
    wakeAll(this.#channel);
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
