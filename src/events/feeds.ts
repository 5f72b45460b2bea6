import type { Frame, FrameRelay } from "../stores/frame-relay.ts";
import { Feed, type FeedReader } from "./feed.ts";

interface Entry {
  feed: Feed;
  unfollow(): void;
}

/**
 * The feeds of one server, by conversation id. A feed exists while it has readers, whether or not the conversation is
 * in memory and whichever server of the store writes it.
 */
export class Feeds {
  readonly #relay: FrameRelay;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  constructor(relay: FrameRelay) {
    this.#relay = relay;
  }

  /** Number of conversations that have readers. */
  get size(): number {
    return this.#entries.size;
  }

  /** Reads what is published after this call. Once the feeds are closed, the reader has ended from the start. */
  read(conversationId: string): FeedReader {
    return (this.#entries.get(conversationId) ?? this.#open(conversationId)).feed.read();
  }

  /** Ends every reader, once it has taken what is there. */
  close(): void {
    this.#isClosed = true;
    for (const [conversationId, { feed }] of [...this.#entries]) {
      feed.close("closed");
      this.#forget(conversationId, feed);
    }
  }

  #open(conversationId: string): Entry {
    const feed: Feed = new Feed(() => this.#forget(conversationId, feed));
    const unfollow = this.#relay.follow(conversationId, (frame) => this.#take(conversationId, feed, frame));
    const entry = { feed, unfollow };
    this.#entries.set(conversationId, entry);
    if (this.#isClosed) {
      feed.close("closed");
      this.#forget(conversationId, feed);
    }
    return entry;
  }

  #take(conversationId: string, feed: Feed, frame: Frame): void {
    switch (frame.kind) {
      case "event":
        feed.publish(frame.text, frame.seq);
        break;
      case "transient":
        feed.publish(frame.text);
        break;
      case "removed":
        feed.close("removed");
        this.#forget(conversationId, feed);
    }
  }

  /** The next reader gets a new feed: a conversation may be created again under the id of a removed one. */
  #forget(conversationId: string, feed: Feed): void {
    const entry = this.#entries.get(conversationId);
    if (entry?.feed !== feed) return;
    this.#entries.delete(conversationId);
    entry.unfollow();
  }
}
