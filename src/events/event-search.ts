import type { EventFilter, EventStore, StoredEvent } from "../stores/store.ts";
import type { EventSortOrder } from "../wire/conversation.ts";
import { event } from "../wire/events/events.ts";
import { toShortKind } from "./event-kind.ts";

/** `kind` may be a short name or the reference's full path. Timestamps are in the form of `toEventTimestamp`. */
export interface EventSearch extends EventFilter {
  /** Id of the first event of the page; an unknown one starts from the beginning. */
  pageId?: string;
  sortOrder?: EventSortOrder;
  limit: number;
}

type EventReader = { readonly events: EventStore };

/** The JSON text of one page, put together from the stored texts. */
export async function searchEvents(
  store: EventReader,
  conversationId: string,
  search: EventSearch,
): Promise<string> {
  const { pageId, sortOrder = "TIMESTAMP", limit, ...rest } = search;
  const filter = toFilter(rest);
  if (filter === undefined) return toPage([], undefined);
  const [first] = pageId === undefined ? [] : await store.events.find(conversationId, [pageId]);
  const found = await store.events.search(conversationId, {
    ...filter,
    order: sortOrder === "TIMESTAMP" ? "asc" : "desc",
    from: first?.seq,
    limit: limit + 1,
  });
  return toPage(found.slice(0, limit), found[limit]);
}

export async function countEvents(
  store: EventReader,
  conversationId: string,
  filter: EventFilter,
): Promise<number> {
  const known = toFilter(filter);
  return known === undefined ? 0 : store.events.count(conversationId, known);
}

/** The JSON text of one event with its null keys; undefined when there is none of that id. */
export async function getEvent(
  store: EventReader,
  conversationId: string,
  id: string,
): Promise<string | undefined> {
  const [found] = await store.events.find(conversationId, [id]);
  return found === undefined ? undefined : withNulls(found);
}

/** The JSON text of an array: one entry for each id, null where there is no such event. */
export async function getEvents(
  store: EventReader,
  conversationId: string,
  ids: readonly string[],
): Promise<string> {
  const found = await store.events.find(conversationId, [...new Set(ids)]);
  const texts = new Map(found.map((stored) => [stored.id, withNulls(stored)]));
  return `[${ids.map((id) => texts.get(id) ?? "null").join(",")}]`;
}

/** Undefined when the kind names nothing there can be. */
function toFilter(filter: EventFilter): EventFilter | undefined {
  if (filter.kind === undefined) return filter;
  const kind = toShortKind(filter.kind);
  return kind === undefined ? undefined : { ...filter, kind };
}

function toPage(items: readonly StoredEvent[], next: StoredEvent | undefined): string {
  const texts = items.map((item) => item.json).join(",");
  return `{"items":[${texts}],"next_page_id":${JSON.stringify(next?.id ?? null)}}`;
}

/** An event of a kind or shape we do not know is given as it is stored. */
function withNulls({ json }: StoredEvent): string {
  const parsed = event.safeParse(JSON.parse(json));
  return parsed.success ? JSON.stringify(parsed.data) : json;
}
