import { AgentServerError } from "../errors.ts";
import { unknownConversation } from "../stores/refusals.ts";
import type { Store, StoredEvent } from "../stores/store.ts";
import { type Event, event } from "../wire/events/events.ts";
import { type EventCriteria, type EventPage, type EventSearch, toEventFilter } from "./event-search.ts";

const DEFAULT_LIMIT = 100;

interface StoredPage {
  items: readonly StoredEvent[];
  /** Id of the first event of the next page. */
  next: string | null;
}

/**
 * Reads the events of stored conversations, in memory or not. Unknown conversations reject with `not_found`. The methods
 * that end in `Json` return the JSON text of the same answer, put together from the stored texts without parsing them.
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
    return withNulls(await this.#get(conversationId, eventId));
  }

  /** One entry for each id, in this order; null for an unknown one. */
  async getMany(conversationId: string, eventIds: readonly string[]): Promise<(Event | null)[]> {
    const rows = await this.#getMany(conversationId, eventIds);
    return rows.map((row) => (row === undefined ? null : toEvent(row)));
  }

  /** As `getMany`; keys that are null are included. */
  async getManyJson(conversationId: string, eventIds: readonly string[]): Promise<string> {
    const rows = await this.#getMany(conversationId, eventIds);
    return `[${rows.map((row) => (row === undefined ? "null" : withNulls(row))).join(",")}]`;
  }

  async #find(conversationId: string, search: EventSearch): Promise<StoredPage> {
    await this.#assertStored(conversationId);
    const { pageId, sortOrder = "TIMESTAMP", limit = DEFAULT_LIMIT, ...criteria } = search;
    const filter = toEventFilter(criteria);
    if (filter === undefined) return { items: [], next: null };
    const { events } = this.#store;
    const [first] = pageId === undefined ? [] : await events.find(conversationId, [pageId]);
    const rows = await events.search(conversationId, {
      ...filter,
      order: sortOrder === "TIMESTAMP" ? "asc" : "desc",
      from: first?.seq,
      limit: limit + 1,
    });
    return { items: rows.slice(0, limit), next: rows[limit]?.id ?? null };
  }

  async #get(conversationId: string, eventId: string): Promise<StoredEvent> {
    const [row] = await this.#getMany(conversationId, [eventId]);
    if (row === undefined) throw new AgentServerError("not_found", `Unknown event_id: ${eventId}`);
    return row;
  }

  async #getMany(conversationId: string, eventIds: readonly string[]): Promise<(StoredEvent | undefined)[]> {
    await this.#assertStored(conversationId);
    const rows = await this.#store.events.find(conversationId, [...new Set(eventIds)]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return eventIds.map((id) => byId.get(id));
  }

  async #assertStored(conversationId: string): Promise<void> {
    const [record] = await this.#store.conversations.find([conversationId], []);
    if (record === undefined) throw unknownConversation(conversationId);
  }
}

function toEvent({ json }: StoredEvent): Event {
  return JSON.parse(json) as Event;
}

/** The JSON text with null keys. An event of an unknown kind or shape stays as it is stored. */
function withNulls({ json }: StoredEvent): string {
  const parsed = event.safeParse(JSON.parse(json));
  return parsed.success ? JSON.stringify(parsed.data) : json;
}
