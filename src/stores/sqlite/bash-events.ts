import type { SQLInputValue } from "node:sqlite";
import type {
  BashEventFilter,
  BashEventQuery,
  BashScope,
  NewBashEvent,
  StoredBashEvent,
  UnfinishedCommand,
} from "../bash-events.ts";
import { longerThan } from "../page-length.ts";
import { repeatedBashEvent, unknownConversation } from "../refusals.ts";
import type { Database, Row } from "./database.ts";

const EVENT = "seq, id, kind, timestamp, command, place, ended, json";
/** The place of the server among the conversations, whose keys begin at 1. */
const SERVER = 0n;
/** Rows that are deleted in one turn, and the length of their texts past which the turn ends. */
const DELETE_STEP = { rows: 500, length: 4 * 1024 * 1024 };

/** Writes an event inside the transaction that is open, and returns its `seq`. */
export function appendBashEvent(database: Database, scope: BashScope, event: NewBashEvent): number {
  const key = scopeKey(database, scope) ?? createScope(database, scope);
  const existing = database.get("SELECT 1 FROM bash_events WHERE scope = ? AND id = ?", key, event.id);
  if (existing !== undefined) throw repeatedBashEvent(event.id);
  if (event.isFinal) {
    database.run("UPDATE bash_events SET ended = 1 WHERE scope = ? AND id = ?", key, event.commandId);
  }
  const row = database.get(
    `INSERT INTO bash_events (scope, id, kind, timestamp, command, place, ended, size, json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    key,
    event.id,
    event.kind,
    event.timestamp,
    event.commandId,
    event.order,
    event.isFinal ? 1 : 0,
    event.json.length,
    event.json,
  );
  return Number(row?.seq);
}

export function findBashEvents(
  database: Database,
  scope: BashScope,
  ids: readonly string[],
): StoredBashEvent[] {
  const key = scopeKey(database, scope);
  if (key === undefined) return [];
  return ids.flatMap((id) => {
    const row = database.get(`SELECT ${EVENT} FROM bash_events WHERE scope = ? AND id = ?`, key, id);
    return row === undefined ? [] : [toStored(row)];
  });
}

export function searchBashEvents(
  database: Database,
  scope: BashScope,
  { direction, from, limit, maxLength, ...filter }: BashEventQuery,
): StoredBashEvent[] {
  const key = scopeKey(database, scope);
  if (key === undefined) return [];
  const { sql, values } = conditionsOf(filter);
  const isAscending = direction === "asc";
  const start = from === undefined ? "" : ` AND (timestamp, seq) ${isAscending ? ">=" : "<="} (?, ?)`;
  const order = isAscending ? "ASC" : "DESC";
  const isFull = longerThan(maxLength);
  const rows = database.allUntil(
    ({ json }) => isFull(String(json).length),
    `SELECT ${EVENT} FROM bash_events WHERE scope = ?${sql}${start} ORDER BY timestamp ${order}, seq ${order} LIMIT ?`,
    key,
    ...values,
    ...(from === undefined ? [] : [from.timestamp, from.seq]),
    limit,
  );
  return rows.map(toStored);
}

export function lastBashSeq(database: Database): number {
  return Number(database.get("SELECT max(seq) AS seq FROM bash_events")?.seq ?? -1);
}

/** Commands of scopes that were cleared or removed are not looked for any more. */
export function unfinishedCommands(database: Database): UnfinishedCommand[] {
  const rows = database.all(
    `SELECT ${EVENT}, conversation, (SELECT id FROM conversations WHERE key = conversation) AS conversationId
     FROM bash_events JOIN bash_scopes ON key = scope WHERE command IS NULL AND ended = 0 ORDER BY seq`,
  );
  const ofLiving = rows.filter((row) => row.conversation === SERVER || row.conversationId !== null);
  return ofLiving.map((row) => ({
    scope: row.conversation === SERVER ? null : String(row.conversationId),
    event: toStored(row),
  }));
}

/** Hides the events of a scope at once and returns their number. `purgeBashEvents` deletes them. */
export function clearBashEvents(database: Database, scope: BashScope): number {
  const key = scopeKey(database, scope);
  if (key === undefined) return 0;
  const row = database.get("SELECT count(*) AS count FROM bash_events WHERE scope = ?", key);
  database.run("DELETE FROM bash_scopes WHERE key = ?", key);
  database.run("INSERT OR IGNORE INTO bash_removed (scope) VALUES (?)", key);
  return Number(row?.count);
}

/** Deletes some of the events that are hidden. False when none is left. */
export function purgeBashEvents(database: Database): boolean {
  const key = database.get("SELECT scope FROM bash_removed LIMIT 1")?.scope;
  if (key === undefined) return false;
  const isInUse = database.get("SELECT 1 FROM bash_scopes WHERE key = ?", key) !== undefined;
  const deleted = isInUse ? 0 : deleteSome(database, "scope = ?", key);
  if (deleted === 0) database.run("DELETE FROM bash_removed WHERE scope = ?", key);
  return true;
}

/** Deletes some of the events that are older than a time. Returns their number. */
export function pruneBashEvents(database: Database, olderThan: string): number {
  return deleteSome(database, "timestamp < ?", olderThan);
}

function deleteSome(database: Database, condition: string, value: SQLInputValue): number {
  const isFull = longerThan(DELETE_STEP.length);
  const rows = database.allUntil(
    ({ size }) => isFull(Number(size)),
    `SELECT seq, size FROM bash_events WHERE ${condition} LIMIT ?`,
    value,
    DELETE_STEP.rows,
  );
  for (const { seq } of rows) database.run("DELETE FROM bash_events WHERE seq = ?", seq ?? null);
  return rows.length;
}

/** The key of the row that stands for a scope; undefined when it has no events. */
function scopeKey(database: Database, scope: BashScope): bigint | undefined {
  const row =
    scope === null
      ? database.get("SELECT key FROM bash_scopes WHERE conversation = ?", SERVER)
      : database.get(
          `SELECT bash_scopes.key FROM conversations JOIN bash_scopes ON conversation = conversations.key
           WHERE conversations.id = ?`,
          scope,
        );
  return row?.key as bigint | undefined;
}

function createScope(database: Database, scope: BashScope): bigint {
  const conversation =
    scope === null ? SERVER : database.get("SELECT key FROM conversations WHERE id = ?", scope)?.key;
  if (conversation === undefined) throw unknownConversation(String(scope));
  const row = database.get("INSERT INTO bash_scopes (conversation) VALUES (?) RETURNING key", conversation);
  return row?.key as bigint;
}

function conditionsOf(filter: BashEventFilter): { sql: string; values: SQLInputValue[] } {
  const { kind, commandId, timestampGte, timestampLt, orderGt, untilSeq, afterSeq } = filter;
  // A plus sign keeps the planner from an index that does not have the order of the page.
  const conditions: [sql: string, value: SQLInputValue | undefined][] = [
    [commandId === undefined ? "kind = ?" : "+kind = ?", kind],
    ["command = ?", commandId],
    ["timestamp >= ?", timestampGte],
    ["timestamp < ?", timestampLt],
    ["(place IS NULL OR place > ?)", orderGt],
    ["+seq <= ?", untilSeq],
    ["+seq > ?", afterSeq],
  ];
  const used = conditions.filter((entry): entry is [string, SQLInputValue] => entry[1] !== undefined);
  return { sql: used.map(([sql]) => ` AND ${sql}`).join(""), values: used.map(([, value]) => value) };
}

function toStored({ seq, command, place, ended, ...row }: Row): StoredBashEvent {
  return {
    seq: Number(seq),
    id: String(row.id),
    kind: String(row.kind),
    timestamp: String(row.timestamp),
    commandId: command === null ? null : String(command),
    order: place === null ? null : Number(place),
    isFinal: command !== null && Number(ended) === 1,
    json: String(row.json),
  };
}
