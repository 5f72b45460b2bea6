import { LocalOwnership } from "./local-ownership.ts";
import { localRelay } from "./local-relay.ts";
import { MemoryBashEvents } from "./memory/bash-events.ts";
import { MemoryDocuments } from "./memory/documents.ts";
import { MemoryOutbox } from "./memory/outbox.ts";
import { assertMessages } from "./outbox.ts";
import { longerThan } from "./page-length.ts";
import {
  alreadyExists,
  assertBeginsLog,
  assertContinues,
  repeatedEvent,
  storeClosed,
  unknownConversation,
} from "./refusals.ts";
import type {
  Change,
  ConversationFilter,
  ConversationHeader,
  ConversationQuery,
  ConversationRecord,
  CopiedEvents,
  EventFilter,
  EventQuery,
  Store,
  StoredEvent,
} from "./store.ts";

/**
 * Makes a store in memory, for tests, demonstrations and hosts that keep nothing.
 *
 * @example
 * ```ts
 * const server = createServer({ store: memoryStore() });
 * ```
 */
export function memoryStore(): Store {
  return new MemoryStore();
}

interface MemoryRecord {
  header: ConversationHeader;
  documents: Map<string, string>;
  events: StoredEvent[];
  /** Event ids to their place in `events`. */
  places: Map<string, number>;
}

class MemoryStore implements Store {
  readonly #conversations = new Map<string, MemoryRecord>();
  readonly relay = localRelay();
  readonly bashEvents = new MemoryBashEvents((id) => this.#open.has(id));
  readonly documents = new MemoryDocuments(() => this.#assertOpen());
  readonly outbox = new MemoryOutbox(() => this.#assertOpen());
  #closed = false;

  readonly conversations: Store["conversations"] = {
    find: async (ids, documents) =>
      ids.flatMap((id) => {
        const record = this.#open.get(id);
        return record === undefined ? [] : [this.#toRecord(record, documents)];
      }),
    search: async (query) => this.#searchConversations(query),
    count: async (filter = {}) =>
      [...this.#open.values()].filter(({ header }) => hasHeader(header, filter)).length,
  };

  readonly events: Store["events"] = {
    find: async (conversationId, ids) => {
      const record = this.#open.get(conversationId);
      return ids.flatMap((id) => record?.events[record.places.get(id) ?? -1] ?? []);
    },
    search: async (conversationId, query) => this.#searchEvents(conversationId, query),
    count: async (conversationId, filter) =>
      (this.#open.get(conversationId)?.events ?? []).filter((event) => matches(event, filter)).length,
  };

  readonly ownership = new LocalOwnership(this.conversations);

  async commit(change: Change): Promise<void> {
    const {
      conversationId,
      create,
      copied,
      update = {},
      documents = {},
      events = [],
      messages = [],
    } = change;
    const existing = this.#open.get(conversationId);
    if (copied !== undefined) assertBeginsLog(change);
    if (create !== undefined && existing !== undefined) throw alreadyExists(conversationId);
    if (create === undefined && existing === undefined) throw unknownConversation(conversationId);
    this.ownership.assertHeld(change);
    assertContinues(change, existing?.events.length ?? 0);
    assertNewIds(change, existing);
    assertMessages(messages);
    const beginning = copied === undefined ? [] : this.#copyOf(copied);
    const record = existing ?? newRecord({ id: conversationId, ...(create as NonNullable<typeof create>) });
    this.#conversations.set(conversationId, record);
    Object.assign(record.header, definedOnly(update));
    for (const [name, json] of Object.entries(documents)) record.documents.set(name, json);
    for (const event of [...beginning, ...events]) {
      record.places.set(event.id, event.seq);
      record.events.push({ ...event });
    }
    this.outbox.add(messages);
  }

  async remove(conversationId: string): Promise<void> {
    this.#open.delete(conversationId);
    this.bashEvents.forget(conversationId);
    this.ownership.forget(conversationId);
  }

  async close(): Promise<void> {
    this.#open.clear();
    this.bashEvents.forget();
    this.documents.forget();
    this.outbox.forget();
    this.#closed = true;
  }

  get #open(): Map<string, MemoryRecord> {
    this.#assertOpen();
    return this.#conversations;
  }

  #assertOpen(): void {
    if (this.#closed) throw storeClosed();
  }

  #copyOf({ conversationId, spans }: CopiedEvents): StoredEvent[] {
    const source = this.#open.get(conversationId);
    if (source === undefined) throw unknownConversation(conversationId);
    const events = spans.flatMap(({ first, last }) => source.events.slice(first, last + 1));
    return events.map((event, seq) => ({ ...event, seq }));
  }

  #searchConversations({
    sortOrder,
    from,
    limit,
    documents,
    ...filter
  }: ConversationQuery): ConversationRecord[] {
    const field = sortOrder.startsWith("CREATED") ? "createdAt" : "updatedAt";
    const sorted = [...this.#open.values()].sort((left, right) => compare(left.header, right.header, field));
    if (sortOrder.endsWith("DESC")) sorted.reverse();
    const start = Math.max(
      0,
      sorted.findIndex(({ header }) => header.id === from),
    );
    return sorted
      .slice(start)
      .filter(({ header }) => hasHeader(header, filter))
      .slice(0, limit)
      .map((conversation) => this.#toRecord(conversation, documents));
  }

  #searchEvents(
    conversationId: string,
    { order, from, limit, maxLength, ...filter }: EventQuery,
  ): StoredEvent[] {
    const events = this.#open.get(conversationId)?.events ?? [];
    const step = order === "asc" ? 1 : -1;
    const matching: StoredEvent[] = [];
    const last = events.length - 1;
    let seq = order === "asc" ? (from ?? 0) : Math.min(from ?? last, last);
    const isFull = longerThan(maxLength);
    for (; matching.length < limit; seq += step) {
      const event = events[seq];
      if (event === undefined) break;
      if (!matches(event, filter)) continue;
      matching.push(event);
      if (isFull(event.json.length)) break;
    }
    return matching;
  }

  #toRecord({ header, documents, events }: MemoryRecord, names: readonly string[]): ConversationRecord {
    const children = [...this.#conversations.values()].filter((other) => other.header.parentId === header.id);
    children.sort((left, right) => compare(left.header, right.header, "createdAt"));
    return {
      ...header,
      childIds: children.map((child) => child.header.id),
      documents: Object.fromEntries([...documents].filter(([name]) => names.includes(name))),
      eventCount: events.length,
    };
  }
}

function newRecord(header: ConversationHeader): MemoryRecord {
  return { header, documents: new Map(), events: [], places: new Map() };
}

function assertNewIds({ conversationId, events = [] }: Change, record: MemoryRecord | undefined): void {
  const ids = new Set(events.map((event) => event.id));
  const repeated = ids.size < events.length || events.some((event) => record?.places.has(event.id));
  if (repeated) throw repeatedEvent(conversationId);
}

function definedOnly<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function compare(
  left: ConversationHeader,
  right: ConversationHeader,
  field: "createdAt" | "updatedAt",
): number {
  if (left[field] !== right[field]) return left[field] < right[field] ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

function hasHeader(header: ConversationHeader, { status, createdBy, agentOf }: ConversationFilter): boolean {
  if (header.agentOf !== agentOf) return false;
  if (status !== undefined && header.status !== status) return false;
  return createdBy === undefined || header.createdBy === createdBy;
}

function matches(
  event: StoredEvent,
  { kind, source, body, timestampGte, timestampLt }: EventFilter,
): boolean {
  if (kind !== undefined && event.kind !== kind) return false;
  if (source !== undefined && event.source !== source) return false;
  if (timestampGte !== undefined && event.timestamp < timestampGte) return false;
  if (timestampLt !== undefined && event.timestamp >= timestampLt) return false;
  return body === undefined || (event.body?.includes(body.toLowerCase()) ?? false);
}
