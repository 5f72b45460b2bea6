import { assertMessages, type NewMessage } from "../../outbox.ts";
import type { Change, ConversationHeader, StoredEvent } from "../../store.ts";
import { toKept, toKeptOrNull } from "../kept-text.ts";

/** The log that was copied for a new conversation. */
export interface CopiedEnd {
  /** The key that the new conversation gets. */
  readonly key: string;
  readonly eventCount: number;
  readonly reached: string;
  readonly lastLate: number;
}

/** A change, with what was copied for it before. */
export interface WholeChange {
  readonly change: Change;
  readonly copied?: CopiedEnd | undefined;
}

/** The values that a change updates, in the names of the columns. */
interface Update {
  updated_at?: string;
  status?: string;
  title?: string | null;
  leaf_event_id?: string | null;
}

/**
 * The arguments of `commit_changes` for some changes, as if they were one: of two values for the same place, the later
 * one. All are made or none, so that nothing is lost by that.
 */
export function mergedChanges(all: readonly WholeChange[]): unknown[] {
  const updates = new Map<string, Update>();
  const withEvents = new Set<string>();
  const documents = new Map<string, { id: string; name: string; json: string }>();
  for (const { change } of all) {
    const id = toKept(change.conversationId);
    const update = updateOf(change);
    if (update !== undefined) updates.set(id, { ...updates.get(id), ...update });
    if (change.events !== undefined && change.events.length > 0) withEvents.add(id);
    for (const [name, json] of Object.entries(change.documents ?? {})) {
      documents.set(JSON.stringify([id, name]), { id, name: toKept(name), json: toKept(json) });
    }
  }
  return [
    JSON.stringify(all.map(checkOf)),
    rows(all.flatMap(createdOf)),
    byId([...updates].filter(([id]) => withEvents.has(id))),
    byId([...updates].filter(([id]) => !withEvents.has(id))),
    rows([...documents.values()]),
    rows(all.flatMap(({ change }) => (change.events ?? []).map((event) => eventRow(change, event)))),
    messageRows(all.flatMap(({ change }) => change.messages ?? [])),
  ];
}

/** Messages as the database takes them. Null without one. */
export function messageRows(messages: readonly NewMessage[]): string | null {
  assertMessages(messages);
  return rows(
    messages.map(({ queue, json, at }) => ({
      queue: toKept(queue),
      at: Math.trunc(at),
      bytes: Buffer.byteLength(json),
      size: json.length,
      json: toKept(json),
    })),
  );
}

/** Rough length of a change in UTF-16 code units. */
export function sizeOf({ events = [], documents = {}, messages = [] }: Change): number {
  let size = 1_000;
  for (const { json, body } of events) size += json.length + (body?.length ?? 0);
  for (const json of Object.values(documents)) size += json.length;
  for (const { json } of messages) size += json.length;
  return size;
}

function rows(all: readonly object[]): string | null {
  return all.length === 0 ? null : JSON.stringify(all);
}

function byId(updates: readonly [string, Update][]): string | null {
  return updates.length === 0 ? null : JSON.stringify(Object.fromEntries(updates));
}

/** The facts that are checked before anything is written. The log that is copied begins at 0, as other events of a new one. */
function checkOf({ change, copied }: WholeChange, n: number): object {
  const { conversationId, create, events = [], fence } = change;
  const first = events[0]?.seq ?? 0;
  return {
    n,
    id: toKept(conversationId),
    is_new: create !== undefined,
    is_whole: events.every(({ seq }, offset) => seq === first + offset),
    first,
    count: copied?.eventCount ?? events.length,
    ...(fence !== undefined && { fence }),
  };
}

function createdOf({ change, copied }: WholeChange): object[] {
  const { conversationId, create } = change;
  if (create === undefined) return [];
  return [
    {
      ...{ key: copied?.key, event_count: copied?.eventCount ?? 0 },
      ...{ reached: copied?.reached ?? "", last_late: copied?.lastLate ?? -1 },
      id: toKept(conversationId),
      ...headerColumns(create),
    },
  ];
}

function headerColumns(header: Omit<ConversationHeader, "id">): object {
  return {
    created_at: toKept(header.createdAt),
    updated_at: toKept(header.updatedAt),
    status: toKept(header.status),
    title: toKeptOrNull(header.title),
    parent_id: toKeptOrNull(header.parentId),
    created_by: toKeptOrNull(header.createdBy),
    leaf_event_id: toKeptOrNull(header.leafEventId),
    agent_of: toKeptOrNull(header.agentOf ?? null),
    machine: toKeptOrNull(header.machine ?? null),
  };
}

function updateOf({ update = {} }: Change): Update | undefined {
  const { updatedAt, status, title, leafEventId } = update;
  if ([updatedAt, status, title, leafEventId].every((value) => value === undefined)) return undefined;
  return {
    ...(updatedAt !== undefined && { updated_at: toKept(updatedAt) }),
    ...(status !== undefined && { status: toKept(status) }),
    ...(title !== undefined && { title: toKeptOrNull(title) }),
    ...(leafEventId !== undefined && { leaf_event_id: toKeptOrNull(leafEventId) }),
  };
}

function eventRow({ conversationId, fence }: Change, event: StoredEvent): object {
  return {
    conversation: toKept(conversationId),
    ...(fence !== undefined && { fence }),
    seq: event.seq,
    size: event.json.length,
    id: toKept(event.id),
    kind: toKept(event.kind),
    source: toKept(event.source),
    timestamp: toKept(event.timestamp),
    body: toKeptOrNull(event.body),
    json: toKept(event.json),
  };
}
