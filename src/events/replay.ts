import type { EventStore, StoredEvent } from "../stores/store.ts";
import { MAX_PAGE_LENGTH } from "./event-search.ts";

const PAGE_SIZE = 256;

export interface ReplayOptions {
  /** `seq` of the first event that is read. Default: 0. */
  fromSeq?: number;
  /** Leaves out earlier events. In the form of `toEventTimestamp`. */
  fromTimestamp?: string;
  /** `seq` of the last event that is read. */
  untilSeq: number;
  /** Number of events in a page. Default: 256. */
  pageSize?: number;
  /** Length of the texts of a page past which it ends early. Default: 16 Mi. */
  maxLength?: number;
}

/** Yields a conversation's stored events in log order, in pages that the reader asks for. */
export async function* replay(
  store: { readonly events: EventStore },
  conversationId: string,
  options: ReplayOptions,
): AsyncGenerator<readonly StoredEvent[], void, void> {
  const { fromSeq = 0, untilSeq, fromTimestamp } = options;
  const { pageSize = PAGE_SIZE, maxLength = MAX_PAGE_LENGTH } = options;
  let from = fromSeq;
  while (from <= untilSeq) {
    const limit = Math.min(pageSize, untilSeq - from + 1);
    const query = { order: "asc", from, limit, maxLength, timestampGte: fromTimestamp } as const;
    const rows = await store.events.search(conversationId, query);
    const page = rows.filter((event) => event.seq <= untilSeq);
    if (page.length > 0) yield page;
    if (rows.length === 0) return;
    from = (rows.at(-1)?.seq ?? untilSeq) + 1;
  }
}
