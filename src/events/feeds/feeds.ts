import type { Frame, FrameRelay } from "../../stores/frame-relay.ts";
import { Feed, type FeedReader } from "./feed.ts";
import { type FeedForm, textFor } from "./frame-texts.ts";

interface Entry {
  feed: Feed;
  unfollow(): void;
}

/**
 * The feeds of one server, by conversation id and form. Each frame has one text for all readers of a form. A feed exists
 * while it has readers, whether or not the conversation is in memory and whichever server of the store writes it.
 */
export class Feeds {
  readonly #relay: FrameRelay;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  constructor(relay: FrameRelay) {
    this.#relay = relay;
  }

  /** Number of feeds that have readers. */
  get size(): number {
    return this.#entries.size;
  }

  /** Reads what is published after this call. Once the feeds are closed, the reader has ended from the start. */
  read(conversationId: string, form: FeedForm = "events"): FeedReader {
    const key = `${form}/${conversationId}`;
    return (this.#entries.get(key) ?? this.#open(key, conversationId, form)).feed.read();
  }

  /** Ends every reader, once it has taken what is there. */
  close(): void {
    this.#isClosed = true;
    for (const [key, { feed }] of [...this.#entries]) {
      feed.close("closed");
      this.#forget(key, feed);
    }
  }

  #open(key: string, conversationId: string, form: FeedForm): Entry {
    const feed: Feed = new Feed(() => this.#forget(key, feed));
    const unfollow = this.#relay.follow(conversationId, (frame) => {
      if (frame.kind !== "removed") return publishAs(form, frame, feed);
      feed.close("removed");
      this.#forget(key, feed);
    });
    const entry = { feed, unfollow };
    this.#entries.set(key, entry);
    if (this.#isClosed) {
      feed.close("closed");
      this.#forget(key, feed);
    }
    return entry;
  }

  /** The next reader gets a new feed: a conversation may be created again under the id of a removed one. */
  #forget(key: string, feed: Feed): void {
    const entry = this.#entries.get(key);
    if (entry?.feed !== feed) return;
    this.#entries.delete(key);
    entry.unfollow();
  }
}

function publishAs(form: FeedForm, frame: Exclude<Frame, { kind: "removed" }>, feed: Feed): void {
  const text = textFor(form, frame);
  if (text !== undefined) feed.publish(text, frame.kind === "event" ? frame.seq : undefined);
}
