import { alreadyExists, assertContinues, unknownConversation } from "../refusals.ts";
import type { Change, ConversationHeader, StoredEvent } from "../store.ts";
import { clearBashEvents } from "./bash-events.ts";
import type { Database } from "./database.ts";
import { EVENT_COUNT } from "./schema.ts";

/** The columns a change may update. SQL names come from here only. */
const COLUMNS = {
  updatedAt: "updated_at",
  status: "status",
  title: "title",
  leafEventId: "leaf_event_id",
} as const;

/** Where the log of a conversation stands. */
interface LogEnd {
  key: bigint;
  eventCount: number;
  reached: string;
  lastLate: bigint;
}

/** Writes a change inside the transaction that is open. Refuses, before anything is written, what does not fit. */
export function applyChange(database: Database, change: Change): void {
  const { conversationId, create, update = {}, documents = {}, events = [] } = change;
  const existing = logEnd(database, conversationId);
  if (create !== undefined && existing !== undefined) throw alreadyExists(conversationId);
  if (create === undefined && existing === undefined) throw unknownConversation(conversationId);
  assertContinues(change, existing?.eventCount ?? 0);
  const end =
    existing ??
    createConversation(database, { id: conversationId, ...(create as NonNullable<typeof create>) });
  updateConversation(database, end.key, update);
  for (const [name, json] of Object.entries(documents)) writeDocument(database, { key: end.key, name, json });
  if (events.length > 0) appendEvents(database, end, events);
}

/** Out of sight at once; the events themselves go with `purgeEvents` and `purgeBashEvents`. */
export function removeConversation(database: Database, conversationId: string): void {
  const end = logEnd(database, conversationId);
  if (end === undefined) return;
  clearBashEvents(database, conversationId);
  database.run("DELETE FROM documents WHERE conversation = ?", end.key);
  database.run("DELETE FROM conversations WHERE key = ?", end.key);
  database.run("INSERT OR IGNORE INTO removed (conversation) VALUES (?)", end.key);
}

/**
 * Deletes up to `limit` events of removed conversations. False when none is left. A key of a conversation that exists is
 * damage, and is dropped.
 */
export function purgeEvents(database: Database, limit: number): boolean {
  const key = database.get("SELECT conversation FROM removed LIMIT 1")?.conversation;
  if (key === undefined) return false;
  const exists = database.get("SELECT 1 FROM conversations WHERE key = ?", key) !== undefined;
  if (exists) {
    database.run("DELETE FROM removed WHERE conversation = ?", key);
    return true;
  }
  database.run(
    "DELETE FROM events WHERE rowid IN (SELECT rowid FROM events WHERE conversation = ? LIMIT ?)",
    key,
    limit,
  );
  database.run(
    "DELETE FROM removed WHERE conversation = ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE conversation = ?1)",
    key,
  );
  return true;
}

function logEnd(database: Database, conversationId: string): LogEnd | undefined {
  const row = database.get(
    `SELECT key, ${EVENT_COUNT} AS eventCount, reached, last_late AS lastLate FROM conversations WHERE id = ?`,
    conversationId,
  );
  if (row === undefined) return undefined;
  const { key, eventCount, reached, lastLate } = row;
  return {
    key: key as bigint,
    eventCount: Number(eventCount),
    reached: String(reached),
    lastLate: lastLate as bigint,
  };
}

function createConversation(database: Database, header: ConversationHeader): LogEnd {
  const row = database.get(
    `INSERT INTO conversations (id, created_at, updated_at, status, title, parent_id, created_by, leaf_event_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    header.id,
    header.createdAt,
    header.updatedAt,
    header.status,
    header.title,
    header.parentId,
    header.createdBy,
    header.leafEventId,
  );
  return { key: row?.key as bigint, eventCount: 0, reached: "", lastLate: -1n };
}

function updateConversation(database: Database, key: bigint, update: NonNullable<Change["update"]>): void {
  const names = (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]).filter(
    (name) => update[name] !== undefined,
  );
  if (names.length === 0) return;
  const assignments = names.map((name) => `${COLUMNS[name]} = ?`).join(", ");
  const values = names.map((name) => update[name] ?? null);
  database.run(`UPDATE conversations SET ${assignments} WHERE key = ?`, ...values, key);
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

function appendEvents(database: Database, end: LogEnd, events: readonly StoredEvent[]): void {
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
  database.run(
    `UPDATE conversations SET event_count = ?, reached = ?, last_late = ? WHERE key = ?`,
    end.eventCount + events.length,
    reached,
    lastLate,
    end.key,
  );
}
