import type { EventStore } from "../stores/store.ts";

const PAGE_SIZE = 256;

export interface ReplayOptions {
  /** Leaves out what is earlier, in the form of `toEventTimestamp`. */
  fromTimestamp?: string;
  /** The last event that may be given. */
  untilSeq: number;
  /** Events read at once. */
  pageSize?: number;
}

/** The JSON texts of a conversation's stored events in log order, a page at a time: a reader sets the pace. */
export async function* replay(
  store: { readonly events: EventStore },
  conversationId: string,
  options: ReplayOptions,
): AsyncGenerator<readonly string[], void, void> {
  const { untilSeq, fromTimestamp, pageSize = PAGE_SIZE } = options;
  let from = 0;
  while (from <= untilSeq) {
    const limit = Math.min(pageSize, untilSeq - from + 1);
    const query = { order: "asc", from, limit, timestampGte: fromTimestamp } as const;
    const found = await store.events.search(conversationId, query);
    const page = found.filter((event) => event.seq <= untilSeq);
    if (page.length > 0) yield page.map((event) => event.json);
    if (found.length < limit) return;
    from = (found.at(-1)?.seq ?? untilSeq) + 1;
  }
}
