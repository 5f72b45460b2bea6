import assert from "node:assert/strict";
import type { Change, EventQuery, Store, StoredEvent } from "../../stores/store.ts";

export const A = "aaaaaaaa-0000-4000-8000-000000000001";
export const B = "bbbbbbbb-0000-4000-8000-000000000002";

export function creation(
  conversationId: string,
  header: Partial<NonNullable<Change["create"]>> = {},
): Pick<Change, "conversationId" | "create"> {
  const create = {
    createdAt: time(0),
    updatedAt: time(0),
    status: "idle",
    title: null,
    parentId: null,
    createdBy: null,
  } as const;
  return { conversationId, create: { ...create, leafEventId: null, ...header } };
}

export function event(seq: number, fields: Partial<StoredEvent> = {}): StoredEvent {
  const defaults = { kind: "ActionEvent", source: "agent", timestamp: time(seq), body: null };
  return { seq, id: `event-${seq}`, ...defaults, json: `{"seq":${seq}}`, ...fields };
}

/** Commits twenty events. Every fifth is a message of the user. */
export async function mixedLog(store: Store, documents: Record<string, string> = {}): Promise<void> {
  const events = range(20).map((seq) => {
    const message = { kind: "MessageEvent", source: "user", body: `message ${seq}: 100% _sure_` };
    return event(seq, seq % 5 === 0 ? message : {});
  });
  await store.commit({ ...creation(A), documents, events });
}

/** Searches `A` and returns the sequence numbers. Fails if descending search or counting disagree. */
export async function filtered(store: Store, filter: Omit<EventQuery, "order" | "limit">): Promise<number[]> {
  const up = await seqs(store, A, { ...filter, order: "asc" });
  assert.deepEqual(await seqs(store, A, { ...filter, order: "desc" }), up.toReversed());
  assert.equal(await store.events.count(A, filter), up.length);
  return up;
}

export async function seqs(
  store: Store,
  conversationId: string,
  query: Partial<EventQuery> = {},
): Promise<number[]> {
  const events = await store.events.search(conversationId, { order: "asc", limit: 1_000, ...query });
  return events.map(({ seq }) => seq);
}

export async function refused(commit: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(commit, { name: "AgentServerError", code });
}

export function time(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace("000Z", "000000");
}

export function id(index: number): string {
  return `cccccccc-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

export function range(count: number): number[] {
  return [...Array(count).keys()];
}
