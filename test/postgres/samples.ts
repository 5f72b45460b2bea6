import type { Change, StoredEvent } from "../../src/stores/store.ts";

export const CONVERSATION = "aaaaaaaa-0000-4000-8000-000000000001";

export function creation(conversationId = CONVERSATION): Change {
  const time = "2026-01-01T00:00:00.000000Z";
  const header = { createdAt: time, updatedAt: time, status: "idle", title: null, parentId: null } as const;
  return { conversationId, create: { ...header, createdBy: null, leafEventId: null } };
}

export function event(seq: number, fields: Partial<StoredEvent> = {}): StoredEvent {
  const timestamp = "2026-01-01T00:00:00.000000";
  const kind = { kind: "PauseEvent", source: "user", body: null };
  return { seq, id: `event-${seq}`, timestamp, ...kind, json: `{"seq":${seq}}`, ...fields };
}
