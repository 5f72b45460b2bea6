import { AgentServerError } from "../errors.ts";
import { unknownConversation } from "../stores/refusals.ts";
import type { EventFilter, Store, StoredEvent } from "../stores/store.ts";
import type { Event } from "../wire/events/events.ts";
import {
  type EventCriteria,
  type EventPage,
  type EventSearch,
  MAX_PAGE_LENGTH,
  toEventFilter,
} from "./event-search.ts";
import { withNulls } from "./serialise-event.ts";

const DEFAULT_LIMIT = 100;
/** Number of events of a batch that are read before their length is looked at. */
const BATCH_STEP = 10;

interface StoredPage {
  items: readonly StoredEvent[];
  /** Id of the first event of the next page. */
  next: string | null;
}

/**
 * Reads the events of stored conversations, in memory or not. Unknown conversations reject with `not_found`. The
 * methods that end in `Json` return the JSON text of the same answer, put together from the stored texts without
 * parsing them.
 */
export class EventReader {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A page of a conversation's events. Rejects with `unprocessable` for a time that is not one. */
  async search(conversationId: string, search: EventSearch = {}): Promise<EventPage> {
    const { items, next } = await this.#find(conversationId, search);
    return { items: items.map(toEvent), next_page_id: next };
  }

  /** Like `search`, as JSON text. */
  async searchJson(conversationId: string, search: EventSearch = {}): Promise<string> {
    const { items, next } = await this.#find(conversationId, search);
    return `{"items":[${items.map(({ json }) => json).join(",")}],"next_page_id":${JSON.stringify(next)}}`;
  }

  /** Number of events that meet the criteria. Rejects with `unprocessable` for a time that is not one. */
  async count(conversationId: string, criteria: EventCriteria = {}): Promise<number> {
    await this.#assertStored(conversationId);
    const filter = toEventFilter(criteria);
    return filter === undefined ? 0 : this.#store.events.count(conversationId, filter);
  }

  /** One event. Rejects with `not_found` for an unknown one. */
  async get(conversationId: string, eventId: string): Promise<Event> {
    return toEvent(await this.#get(conversationId, eventId));
  }

  /** As `get`; keys that are null are included. */
  async getJson(conversationId: string, eventId: string): Promise<string> {
    return withNulls((await this.#get(conversationId, eventId)).json);
  }

  /**
   * One entry for each id, in this order; null for an unknown one. Rejects with `unprocessable` for several events that
   * are longer than 16 Mi characters together.
   */
  async getMany(conversationId: string, eventIds: readonly string[]): Promise<(Event | null)[]> {
    const rows = await this.#getMany(conversationId, eventIds);
    return rows.map((row) => (row === undefined ? null : toEvent(row)));
  }

  /** As `getMany`; keys that are null are included. */
  async getManyJson(conversationId: string, eventIds: readonly string[]): Promise<string> {
    const rows = await this.#getMany(conversationId, eventIds);
    return `[${rows.map((row) => (row === undefined ? "null" : withNulls(row.json))).join(",")}]`;
  }

  async #find(conversationId: string, search: EventSearch): Promise<StoredPage> {
    await this.#assertStored(conversationId);
    const { pageId, sortOrder = "TIMESTAMP", limit = DEFAULT_LIMIT, ...criteria } = search;
    const filter = toEventFilter(criteria);
    if (filter === undefined) return { items: [], next: null };
    const { events } = this.#store;
    const [first] = pageId === undefined ? [] : await events.find(conversationId, [pageId]);
    const order = sortOrder === "TIMESTAMP" ? "asc" : "desc";
    const rows = await events.search(conversationId, {
      ...filter,
      order,
      from: first?.seq,
      limit: limit + 1,
      maxLength: MAX_PAGE_LENGTH,
    });
    const count = Math.min(limit, countWithin(rows));
    const next = rows[count] ?? (await this.#after(conversationId, { rows, limit, order, filter }));
    return { items: rows.slice(0, count), next: next?.id ?? null };
  }

  /** The event after a page that is nothing but one event too long for a page. */
  async #after(
    conversationId: string,
    {
      rows,
      limit,
      order,
      filter,
    }: { rows: StoredEvent[]; limit: number; order: "asc" | "desc"; filter: EventFilter },
  ): Promise<StoredEvent | undefined> {
    const last = rows.at(-1);
    if (last === undefined || last.json.length <= MAX_PAGE_LENGTH || rows.length > limit) return undefined;
    const from = order === "asc" ? last.seq + 1 : last.seq - 1;
    const [next] = await this.#store.events.search(conversationId, { ...filter, order, from, limit: 1 });
    return next;
  }

  async #get(conversationId: string, eventId: string): Promise<StoredEvent> {
    const [row] = await this.#getMany(conversationId, [eventId]);
    if (row === undefined) throw new AgentServerError("not_found");
    return row;
  }

  async #getMany(conversationId: string, eventIds: readonly string[]): Promise<(StoredEvent | undefined)[]> {
    await this.#assertStored(conversationId);
    const byId = new Map<string, StoredEvent>();
    const ids = [...new Set(eventIds)];
    let length = 0;
    for (let start = 0; start < ids.length; start += BATCH_STEP) {
      const rows = await this.#store.events.find(conversationId, ids.slice(start, start + BATCH_STEP));
      for (const row of rows) byId.set(row.id, row);
      length += rows.reduce((sum, { json }) => sum + json.length, 0);
      if (length > MAX_PAGE_LENGTH && eventIds.length > 1) throw tooLong(eventIds.length);
    }
    return eventIds.map((id) => byId.get(id));
  }

  async #assertStored(conversationId: string): Promise<void> {
    const [record] = await this.#store.conversations.find([conversationId], []);
    if (record === undefined) throw unknownConversation(conversationId);
  }
}

/** Number of events, at least one, that fit a page. */
function countWithin(rows: readonly StoredEvent[]): number {
  let length = 0;
  const tooMany = rows.findIndex(({ json }, index) => {
    length += json.length;
    return index > 0 && length > MAX_PAGE_LENGTH;
  });
  return tooMany < 0 ? rows.length : tooMany;
}

function tooLong(count: number): AgentServerError {
  const detail = `These ${count} events are longer than ${MAX_PAGE_LENGTH} characters together: ask for fewer at a time`;
  return new AgentServerError("unprocessable", detail);
}

function toEvent({ json }: StoredEvent): Event {
  return JSON.parse(json) as Event;
}
