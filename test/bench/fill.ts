import { join } from "node:path";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Change, ConversationRecord, Store, StoredEvent } from "../../src/stores/store.ts";
import { createConversation, send } from "./conversation.ts";
import { ask } from "./load/http-client.ts";
import { range } from "./statistics.ts";
import type { Target } from "./target.ts";

const DOCUMENTS = ["config", "agent", "shown_agent", "secrets", "state", "stats", "calls"];
const EVENT_BYTES = 1_400;
/** Changes that share a transaction. */
const TOGETHER = 100;

export interface Filling {
  conversations: number;
  /** Events of each of the first `logs` conversations. */
  events: number;
  logs: number;
  eventBytes?: number;
}

/** Fills the database a server in this folder will open, with so many copies of a conversation that one has made. */
export async function fill(target: Target, folder: string, filling: Filling): Promise<void> {
  const model = await makeOne(target, folder);
  const store = sqliteStore({ path: join(folder, "workspace/conversations/agent-server.db") });
  try {
    await fillConversations(store, model, filling.conversations);
    for (const index of range(filling.logs)) await events(store, conversationId(index), filling);
  } finally {
    await store.close();
  }
}

/** Stores copies of a conversation. */
export async function fillConversations(store: Store, model: string, count: number): Promise<void> {
  const [record] = await store.conversations.find([model], DOCUMENTS);
  if (record === undefined) throw new Error("the model conversation is not in the store");
  await conversations(store, record, count);
}

/** A message of about as many bytes as events have on the average, posted over HTTP: any server can be filled so. */
export async function fillByHttp(url: string, id: string, count: number): Promise<void> {
  for (const index of range(count)) await send(url, id, `${index} ${"e".repeat(EVENT_BYTES - 400)}`, false);
}

async function makeOne(target: Target, folder: string): Promise<string> {
  const server = await target.start(folder);
  const id = await createConversation({ url: server.url, model: "http://127.0.0.1:9/v1", folder });
  await send(server.url, id, "Hello.", false);
  const { id: shown } = await ask<{ id: string }>(`${server.url}/api/conversations/${id}`);
  await server.stop();
  return shown;
}

async function conversations(store: Store, record: ConversationRecord, count: number): Promise<void> {
  const { documents, status, title, parentId, createdBy } = record;
  for (let from = 0; from < count; from += TOGETHER) {
    const changes = range(Math.min(TOGETHER, count - from)).map((offset): Change => {
      const at = `${time(from + offset)}.000000Z`;
      const create = { createdAt: at, updatedAt: at, status, title, parentId, createdBy, leafEventId: null };
      return { conversationId: conversationId(from + offset), create, documents };
    });
    await Promise.all(changes.map((change) => store.commit(change)));
  }
}

async function events(
  store: Store,
  id: string,
  { events: count, eventBytes = EVENT_BYTES }: Filling,
): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    const page = range(Math.min(500, count - from)).map((offset) => event(from + offset, eventBytes));
    await store.commit({ conversationId: id, events: page });
  }
}

function event(seq: number, bytes: number): StoredEvent {
  const id = crypto.randomUUID();
  const timestamp = `${time(seq)}.000000`;
  const text = "e".repeat(bytes - 280);
  const llm_message = { role: "user", content: [{ type: "text", text }] };
  const rest = { llm_message, activated_skills: [], extended_content: [], kind: "MessageEvent" };
  const json = JSON.stringify({ id, timestamp, source: "user", ...rest });
  return { seq, id, kind: "MessageEvent", source: "user", timestamp, body: text.slice(0, 20), json };
}

export function conversationId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

function time(index: number): string {
  return new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString().slice(0, 19);
}
