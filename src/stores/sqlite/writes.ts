import type { SQLInputValue } from "node:sqlite";
import { assertMessages } from "../outbox.ts";
import { alreadyExists, assertContinues, repeatedEvent, unknownConversation } from "../refusals.ts";
import type { Change, ConversationHeader, StoredEvent } from "../store.ts";
import { clearBashEvents } from "./bash-events.ts";
import type { Database } from "./database.ts";
import { isMarkingDue, markEvents } from "./log/event-marks.ts";
import { hasEvent, type LogEnd, LogEnds } from "./log/log-ends.ts";
import { insertMessages } from "./outbox.ts";

/** The columns a change may update. SQL names come from here only. */
const COLUMNS = {
  updatedAt: "updated_at",
  status: "status",
  title: "title",
  leafEventId: "leaf_event_id",
  eventCount: "event_count",
  reached: "reached",
  lastLate: "last_late",
} as const;

type Columns = Partial<Record<keyof typeof COLUMNS, SQLInputValue | undefined>>;

/**
 * Writes a change inside the transaction that is open. Refuses, before anything is written, what does not fit. `ends`
 * must be cleared if the transaction is rolled back. A new conversation gets the log that was copied for it.
 */
export function applyChange(
  database: Database,
  change: Change,
  { ends = new LogEnds(), copied }: { ends?: LogEnds; copied?: LogEnd | undefined } = {},
): void {
  const { conversationId, create, update = {}, documents = {}, events = [], messages = [] } = change;
  const existing = ends.of(database, conversationId);
  if (create !== undefined && existing !== undefined) throw alreadyExists(conversationId);
  if (create === undefined && existing === undefined) throw unknownConversation(conversationId);
  assertContinues(change, existing?.eventCount ?? 0);
  assertMessages(messages);
  const ids = newIds(database, change, existing);
  const before =
    existing ??
    createConversation(database, { id: conversationId, ...(create as NonNullable<typeof create>) }, copied);
  const end = events.length > 0 ? appendEvents(database, before, { events, ids }) : before;
  updateConversation(database, end.key, { ...update, ...(end.eventCount > 0 ? placeOf(end) : {}) });
  for (const [name, json] of Object.entries(documents)) writeDocument(database, { key: end.key, name, json });
  insertMessages(database, messages);
  ends.keep(conversationId, end);
}

/** Out of sight at once; the events themselves go with `purgeEvents` and `purgeBashEvents`. */
export function removeConversation(database: Database, conversationId: string): void {
  const key = database.get("SELECT key FROM conversations WHERE id = ?", conversationId)?.key;
  if (key === undefined) return;
  clearBashEvents(database, conversationId);
  database.run("DELETE FROM documents WHERE conversation = ?", key);
  database.run("DELETE FROM conversations WHERE key = ?", key);
  database.run("INSERT OR IGNORE INTO removed (conversation) VALUES (?)", key);
}

/**
 * Deletes up to `limit` events of removed conversations, but for those with the keys `kept`. False when none is left. A
 * key of a conversation that exists is damage, and is dropped.
 */
export function purgeEvents(database: Database, limit: number, kept: ReadonlySet<bigint>): boolean {
  const key = database.get(
    "SELECT conversation FROM removed WHERE conversation NOT IN (SELECT value FROM json_each(?)) LIMIT 1",
    `[${[...kept].join(",")}]`,
  )?.conversation;
  if (key === undefined) return false;
  const exists = database.get("SELECT 1 FROM conversations WHERE key = ?", key) !== undefined;
  if (exists) {
    database.run("DELETE FROM removed WHERE conversation = ?", key);
    return true;
  }
  for (const table of ["event_marks", "events"]) {
    database.run(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE conversation = ? LIMIT ?)`,
      key,
      limit,
    );
  }
  database.run(
    `DELETE FROM removed WHERE conversation = ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE conversation = ?1)
     AND NOT EXISTS (SELECT 1 FROM event_marks WHERE conversation = ?1)`,
    key,
  );
  return true;
}

/** Returns the ids of the new events. Refuses one that the log has, or that two of them share. */
function newIds(
  database: Database,
  { conversationId, events = [] }: Change,
  existing: LogEnd | undefined,
): ReadonlySet<string> {
  const ids = new Set(events.map(({ id }) => id));
  const isTaken = (id: string) => existing !== undefined && hasEvent(database, existing, id);
  if (ids.size < events.length || [...ids].some(isTaken)) throw repeatedEvent(conversationId);
  return ids;
}

function createConversation(
  database: Database,
  header: ConversationHeader,
  copied: LogEnd | undefined,
): LogEnd {
  const row = database.get(
    `INSERT INTO conversations (key, id, created_at, updated_at, status, title, parent_id, created_by, leaf_event_id,
       agent_of, machine)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    copied?.key ?? null,
    header.id,
    header.createdAt,
    header.updatedAt,
    header.status,
    header.title,
    header.parentId,
    header.createdBy,
    header.leafEventId,
    header.agentOf ?? null,
    header.machine ?? null,
  );
  const key = row?.key as bigint;
  if (copied !== undefined) database.run("DELETE FROM removed WHERE conversation = ?", key);
  return copied ?? { key, eventCount: 0, marked: 0, reached: "", lastLate: -1n, unmarkedIds: new Set() };
}

function updateConversation(database: Database, key: bigint, update: Columns): void {
  const names = (Object.keys(COLUMNS) as (keyof Columns)[]).filter((name) => update[name] !== undefined);
  if (names.length === 0) return;
  const assignments = names.map((name) => `${COLUMNS[name]} = ?`).join(", ");
  const values = names.map((name) => update[name] ?? null);
  database.run(`UPDATE conversations SET ${assignments} WHERE key = ?`, ...values, key);
}

function placeOf({ eventCount, reached, lastLate }: LogEnd): Columns {
  return { eventCount, reached, lastLate };
}

function writeDocument(database: Database, document: { key: bigint; name: string; json: string }): void {
  database.run(
    `INSERT INTO documents (conversation, name, json) VALUES (?, ?, ?)
     ON CONFLICT (conversation, name) DO UPDATE SET json = excluded.json`,
    document.key,
    document.name,
    document.json,
  );
}

interface NewEvents {
  events: readonly StoredEvent[];
  ids: ReadonlySet<string>;
}

function appendEvents(database: Database, end: LogEnd, { events, ids }: NewEvents): LogEnd {
  let { reached, lastLate } = end;
  for (const event of events) {
    if (event.timestamp < reached) lastLate = BigInt(event.seq);
    else reached = event.timestamp;
    database.run(
      `INSERT INTO events (conversation, seq, id, kind, source, timestamp, reached, body, json)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      end.key,
      event.seq,
      event.id,
      event.kind,
      event.source,
      event.timestamp,
      reached,
      event.body,
      event.json,
    );
  }
  const eventCount = end.eventCount + events.length;
  const grown = { ...end, eventCount, reached, lastLate };
  if (isMarkingDue(end, eventCount)) {
    markEvents(database, end, eventCount);
    return { ...grown, marked: eventCount, unmarkedIds: new Set() };
  }
  for (const id of ids) end.unmarkedIds.add(id);
  return grown;
}
