import type { Following, FrameRelay, TextFrame } from "../../stores/frame-relay.ts";
import { Feed, type FeedReader } from "./feed.ts";
import { type FeedForm, textFor } from "./frame-texts.ts";

interface Entry {
  feed: Feed;
  following: Following;
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

  /**
   * Reads what is published after the promise has resolved, or a little before. Once the feeds are closed, the reader
   * has ended from the start. Rejects when the store cannot be read.
   */
  async read(conversationId: string, form: FeedForm = "events"): Promise<FeedReader> {
    const key = `${form}/${conversationId}`;
    const { feed, following } = this.#entries.get(key) ?? this.#open(key, conversationId, form);
    const reader = feed.read();
    try {
      await following.begun;
      return reader;
    } catch (error) {
      reader.close();
      throw error;
    }
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
    const following = this.#relay.follow(conversationId, (frame) => {
      if ("text" in frame) return publishAs(form, frame, feed);
      feed.close(frame.kind === "removed" ? "removed" : "closed");
      this.#forget(key, feed);
    });
    const entry = { feed, following };
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
    entry.following.end();
  }
}

function publishAs(form: FeedForm, frame: TextFrame, feed: Feed): void {
  const text = textFor(form, frame);
  if (text === undefined) return;
  feed.publish(text, frame.kind === "event" ? { seq: frame.seq } : { at: frame.place?.at });
}
