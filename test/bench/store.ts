/** Prints what the SQLite store costs on this machine: `node test/bench/store.ts`. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Store, StoredEvent } from "../../src/stores/store.ts";

const CONVERSATIONS = 10_000;
const EVENTS = 50_000;
const LOG = conversationId(0);

const folder = mkdtempSync(join(tmpdir(), "agent-server-bench-"));
const store = sqliteStore({ path: join(folder, "bench.db") });
const figures: Record<string, number> = {};
try {
  await fill(store);
  await lists(store);
  await searches(store);
  await commits(store);
  await removal(store);
} finally {
  await store.close();
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify({ node: process.version, cores: availableParallelism(), figures }, null, 2));

async function fill(store: Store): Promise<void> {
  const started = performance.now();
  for (let index = 0; index < CONVERSATIONS; index += 500) {
    await Promise.all(range(500).map((offset) => create(store, index + offset)));
  }
  figures.create_per_s = perSecond(CONVERSATIONS, started);
  const filling = performance.now();
  for (let seq = 0; seq < EVENTS; seq += 500) {
    await store.commit({ conversationId: LOG, events: range(500).map((offset) => event(seq + offset)) });
  }
  figures.bulk_events_per_s = perSecond(EVENTS, filling);
}

async function lists(store: Store): Promise<void> {
  const query = { sortOrder: "CREATED_AT_DESC", limit: 101, documents: ["state"] } as const;
  figures.list_first_p95_ms = await p95(() => store.conversations.search(query));
  const from = conversationId(100);
  figures.list_last_p95_ms = await p95(() => store.conversations.search({ ...query, from }));
  const status = "finished";
  figures.list_by_status_p95_ms = await p95(() => store.conversations.search({ ...query, status }));
  figures.count_by_status_p95_ms = await p95(() => store.conversations.count({ status }));
}

async function searches(store: Store): Promise<void> {
  const newest = { order: "desc", limit: 50 } as const;
  const search = (query: object) => p95(() => store.events.search(LOG, { ...newest, ...query }));
  figures.newest_50_p95_ms = await search({});
  figures.newest_50_rare_kind_p95_ms = await search({ kind: "PauseEvent" });
  figures.newest_50_body_p95_ms = await search({ body: "message 40" });
  figures.oldest_50_since_p95_ms = await search({ order: "asc", timestampGte: time(EVENTS - 100) });
  figures.newest_50_before_p95_ms = await search({ timestampLt: time(100) });
  const started = performance.now();
  for (let from = 0; from < EVENTS; from += 256)
    await store.events.search(LOG, { order: "asc", from, limit: 256 });
  figures.read_events_per_s = perSecond(EVENTS, started);
}

async function commits(store: Store): Promise<void> {
  let next = 0;
  for (const together of [1, 16, 64]) {
    const rounds = Math.ceil(2_000 / together);
    const started = performance.now();
    for (const round of range(rounds)) {
      await Promise.all(
        range(together).map((index) =>
          store.commit({ conversationId: conversationId(1 + next + index), events: [event(round)] }),
        ),
      );
    }
    figures[`commits_${together}_together_per_s`] = perSecond(rounds * together, started);
    next += together;
  }
}

async function removal(store: Store): Promise<void> {
  const started = performance.now();
  await store.remove(LOG);
  figures.remove_50000_events_ms = round(performance.now() - started);
}

function create(store: Store, index: number): Promise<void> {
  return store.commit({
    conversationId: conversationId(index),
    create: {
      createdAt: time(index),
      updatedAt: time(index),
      status: index % 3 === 0 ? "finished" : "idle",
      title: `Conversation ${index}`,
      parentId: null,
      createdBy: null,
      leafEventId: null,
    },
    documents: { state: JSON.stringify({ agent: "a".repeat(8_000) }) },
  });
}

function event(seq: number): StoredEvent {
  const message = seq % 10 === 0;
  const kind = seq % 5_000 === 1 ? "PauseEvent" : message ? "MessageEvent" : "ActionEvent";
  const id = crypto.randomUUID();
  const json = JSON.stringify({ id, timestamp: time(seq), source: "agent", text: "e".repeat(1_400), kind });
  return {
    seq,
    id,
    kind,
    source: "agent",
    timestamp: time(seq),
    body: message ? `message ${seq}` : null,
    json,
  };
}

async function p95(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 100; run++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return round(times.sort((left, right) => left - right)[94] ?? 0);
}

function perSecond(count: number, started: number): number {
  return Math.round((count * 1_000) / (performance.now() - started));
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

function conversationId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

function time(index: number): string {
  return new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString().slice(0, 19);
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
