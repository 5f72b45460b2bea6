import { MAX_PAGE_LENGTH } from "../../events/event-search.ts";
import { unknownConversation } from "../../stores/refusals.ts";
import type { ConversationRecord, Store, StoredEvent } from "../../stores/store.ts";

/** Number of events that are read at a time. */
const PAGE = 100;

/** A part of a log, by places: from the first up to and without the last. Default: all of it. */
interface Places {
  from?: number;
  to?: number;
}

/**
 * Yields the events of a log as it was when the record was read, a page in memory.
 *
 * @throws AgentServerError `not_found` when the conversation is deleted meanwhile.
 */
export async function* storedEvents(
  { id, eventCount }: Pick<ConversationRecord, "id" | "eventCount">,
  { events }: Pick<Store, "events">,
  { from: first = 0, to = eventCount }: Places = {},
): AsyncGenerator<StoredEvent, void, void> {
  for (let from = first; from < to; ) {
    const limit = Math.min(PAGE, to - from);
    const page = await events.search(id, { order: "asc", from, limit, maxLength: MAX_PAGE_LENGTH });
    const last = page.at(-1);
    if (last === undefined) throw unknownConversation(id);
    yield* page;
    from = last.seq + 1;
  }
}
