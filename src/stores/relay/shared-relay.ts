import { type Logger, silentLogger } from "../../logger.ts";
import { isUuid } from "../../wire/ids.ts";
import { BASH_EVENTS, type Following, type Frame, type FrameRelay } from "../frame-relay.ts";
import { Channels } from "./channels.ts";
import { type FeedMessage, readFeedText, toFeedText } from "./feed-text.ts";
import { FollowedBash } from "./followed-bash.ts";
import { FollowedLog } from "./followed-log.ts";
import type { FrameFeed } from "./frame-feed.ts";
import { LogReader, type ReadStore } from "./log-reader.ts";
import { Looks } from "./looks.ts";

/** Length past which a text is not carried by a feed, in UTF-16 code units. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** Parts of a relay between processes. */
export interface SharedRelayOptions {
  /** Where the logs are read that other processes write. */
  store: ReadStore;
  /** Carries frames between the processes. Default: none, and the events of others come within a second. */
  feed?: FrameFeed | undefined;
  /** Receives failures of the store. Default: none. */
  logger?: Logger | undefined;
}

/**
 * Makes a relay between any number of processes that share a store. Frames published here reach followers here at once,
 * and those elsewhere by the feed; whatever the feed loses, repeats or reorders, each follower gets each event once and
 * in order. What is missing is read from the store: when a later frame shows that it is, or within a second. While
 * nothing is followed, nothing is read.
 *
 * @example
 * ```ts
 * const relay = sharedRelay({ store, feed });
 * ```
 */
export function sharedRelay(options: SharedRelayOptions): FrameRelay {
  return new SharedRelay(options);
}

class SharedRelay implements FrameRelay {
  /** Distinguishes what is published here when a feed brings it back. */
  readonly #name: string = crypto.randomUUID();
  readonly #feed: FrameFeed | undefined;
  readonly #logger: Logger;
  readonly #reader: LogReader;
  readonly #looks: Looks;
  readonly #logs = new Map<string, FollowedLog>();
  readonly #bash: FollowedBash;
  readonly #channels = new Channels((name) => this.#subscribe(name));
  #hasReported = false;

  constructor({ store, feed, logger = silentLogger }: SharedRelayOptions) {
    this.#feed = feed;
    this.#logger = logger;
    this.#reader = new LogReader(store, logger);
    this.#bash = new FollowedBash({ reader: this.#reader, subscribe: () => this.#subscribe(BASH_EVENTS) });
    this.#looks = new Looks({ reader: this.#reader, logs: () => [...this.#logs.values()] });
  }

  publish(name: string, frame: Frame): void {
    this.#deliver(name, frame);
    const maxLength = this.#feed?.maxLength ?? MAX_LENGTH;
    this.#feed?.publish(name, () => toFeedText(this.#name, frame, maxLength));
  }

  follow(name: string, take: (frame: Frame) => void): Following {
    if (name === BASH_EVENTS) return this.#bash.follow(take);
    if (!isUuid(name)) return this.#channels.follow(name, take);
    const log = this.#logs.get(name) ?? this.#open(name);
    return { begun: log.begun, end: log.add(take) };
  }

  #open(conversationId: string): FollowedLog {
    const unfollow = this.#subscribe(conversationId);
    const log: FollowedLog = new FollowedLog({
      conversationId,
      reader: this.#reader,
      closed: () => {
        unfollow();
        if (this.#logs.get(conversationId) === log) this.#logs.delete(conversationId);
        if (this.#logs.size === 0) this.#looks.stop();
      },
    });
    this.#logs.set(conversationId, log);
    this.#looks.start();
    return log;
  }

  #subscribe(name: string): () => void {
    return this.#feed?.follow(name, (text) => this.#receive(name, text)) ?? (() => {});
  }

  #receive(name: string, text: string | undefined): void {
    const message: FeedMessage | undefined = text === undefined ? { from: "" } : readFeedText(text);
    if (message === undefined) this.#report(name);
    else if (message.from === this.#name) return;
    else if (message.frame !== undefined) this.#deliver(name, message.frame);
    else this.#hint(name);
  }

  #deliver(name: string, frame: Frame): void {
    const log = this.#logs.get(name);
    if (name === BASH_EVENTS) this.#bash.take(frame);
    else if (!isUuid(name)) this.#channels.publish(name, frame);
    else if ("text" in frame) log?.take(frame);
    else log?.end(frame.kind);
  }

  #hint(name: string): void {
    if (name === BASH_EVENTS) this.#bash.look();
    const log = this.#logs.get(name);
    if (log !== undefined) this.#looks.hint(log);
  }

  /** Once: a feed that brings one strange text brings many. */
  #report(name: string): void {
    if (this.#hasReported) return;
    this.#hasReported = true;
    this.#logger.warn({ name }, "The feed brings texts that are not frames; they are ignored");
  }
}
