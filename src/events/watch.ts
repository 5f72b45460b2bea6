import type { Store, StoredEvent } from "../stores/store.ts";
import type { FeedReader } from "./feeds/feed.ts";
import type { Feeds } from "./feeds/feeds.ts";
import type { FeedForm } from "./feeds/frame-texts.ts";
import { replay } from "./replay.ts";
import { type EventStamps, type LogPosition, type NewTransientEvent, transientText } from "./stamp-event.ts";

/**
 * A conversation seen from one moment on: its state at that moment, its log up to it, and everything published after.
 * Together they miss nothing and repeat nothing. A watch reads the store and the feed; it opens no conversation.
 */
export interface Watch {
  /**
   * JSON text of the `full_state` update of that moment; of a `ServerErrorEvent` when the state is damaged in the
   * store.
   */
  readonly fullState: string;
  /** `seq` of the last event stored at that moment; -1 before the first. */
  readonly lastSeq: number;
  /** Everything published after that moment. Must be closed. */
  readonly reader: FeedReader;
  /**
   * JSON texts of the events stored up to that moment, oldest first, in pages. `fromTimestamp`, in the form of
   * `toEventTimestamp`, leaves out earlier ones.
   */
  history(fromTimestamp?: string): AsyncIterable<readonly string[]>;
  /** The events stored up to that moment behind a place in the log, oldest first, in pages. */
  historyAfter(seq: number): AsyncIterable<readonly StoredEvent[]>;
  /** JSON text of an event that this watcher alone is sent. */
  toText(event: NewTransientEvent): string;
}

/** A stored conversation as watching needs it. */
export interface WatchedRecord {
  eventCount: number;
  leafEventId: string | null;
  fullState: NewTransientEvent;
}

export interface WatchOptions extends EventStamps {
  store: Pick<Store, "events">;
  feeds: Feeds;
  /** How the reader is to see the conversation. Default: as events. */
  form?: FeedForm;
  /** Reads the conversation from the store; undefined for an unknown one. */
  find(conversationId: string): Promise<WatchedRecord | undefined>;
}

/** Starts watching; undefined for an unknown conversation. */
export async function openWatch(conversationId: string, options: WatchOptions): Promise<Watch | undefined> {
  const { store, feeds, form, find } = options;
  const reader = await feeds.read(conversationId, form);
  const record = await find(conversationId).catch((error: unknown) => {
    reader.close();
    throw error;
  });
  if (record === undefined) {
    reader.close();
    return undefined;
  }
  const position: LogPosition = { head: record.leafEventId, nextSeq: record.eventCount };
  const untilSeq = record.eventCount - 1;
  reader.passOver(untilSeq);
  return {
    reader,
    fullState: transientText(record.fullState, position, options),
    lastSeq: untilSeq,
    history: (fromTimestamp) => textsOf(replay(store, conversationId, { untilSeq, fromTimestamp })),
    historyAfter: (seq) => replay(store, conversationId, { untilSeq, fromSeq: Math.max(0, seq + 1) }),
    toText: (event) => transientText(event, position, options),
  };
}

async function* textsOf(
  pages: AsyncIterable<readonly StoredEvent[]>,
): AsyncGenerator<readonly string[], void, void> {
  for await (const page of pages) yield page.map(({ json }) => json);
}
