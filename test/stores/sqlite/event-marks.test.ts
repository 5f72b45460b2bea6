import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { memoryStore } from "../../../src/stores/memory.ts";
import { MIGRATIONS } from "../../../src/stores/sqlite/schema.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";
import type { Change, EventFilter, EventQuery, Store, StoredEvent } from "../../../src/stores/store.ts";

const folder = mkdtempSync(join(tmpdir(), "agent-server-marks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ids = [1, 2, 3].map((digit) => `aaaaaaaa-0000-4000-8000-00000000000${digit}`);
const [FIRST = ""] = ids;
const KINDS = ["ActionEvent", "ObservationEvent", "MessageEvent", "PauseEvent"];
const SOURCES = ["agent", "environment", "user"];
/** Several times the events that get their marks together. */
const EVENTS = 400;

describe.each(["written by this version", "migrated", "read again"])("a long log, %s", (way) => {
  const name = way.replaceAll(" ", "-");

  test("answers every search and count as the store in memory does", async () => {
    const path = join(folder, `${name}.db`);
    const memory = memoryStore();
    if (way === "migrated") writeFirstVersion(path);
    let store = sqliteStore({ path, durability: "process" });
    await fill(memory);
    if (way !== "migrated") await fill(store);
    if (way === "read again") {
      await store.close();
      store = sqliteStore({ path, durability: "process" });
    }
    for (const id of ids) {
      for (const filter of filters()) {
        expect([filter, await store.events.count(id, filter)]).toEqual([
          filter,
          await memory.events.count(id, filter),
        ]);
        for (const query of queries(filter)) {
          expect([query, await seqs(store, id, query)]).toEqual([query, await seqs(memory, id, query)]);
        }
      }
    }
    await store.close();
  });

  test("finds each of its events by id, and takes none twice", async () => {
    const path = join(folder, `${name}-ids.db`);
    if (way === "migrated") writeFirstVersion(path);
    let store = sqliteStore({ path, durability: "process" });
    if (way !== "migrated") await fill(store);
    if (way === "read again") {
      await store.close();
      store = sqliteStore({ path, durability: "process" });
    }
    for (let seq = 0; seq < EVENTS; seq += 1) {
      const [found] = await store.events.find(FIRST, [event(FIRST, seq).id]);
      expect(found).toEqual(event(FIRST, seq));
      const repeated = { ...event(FIRST, EVENTS), id: event(FIRST, seq).id };
      const refused = store.commit({ conversationId: FIRST, events: [repeated], update: { title: "No" } });
      await expect(refused).rejects.toMatchObject({ code: "conflict" });
    }
    const twice = [event(FIRST, EVENTS), { ...event(FIRST, EVENTS + 1), id: event(FIRST, EVENTS).id }];
    await expect(store.commit({ conversationId: FIRST, events: twice })).rejects.toThrow(
      "an id that is taken",
    );
    expect(await store.events.find(FIRST, ["unknown", event(ids[1] ?? "", 0).id])).toEqual([]);
    const [record] = await store.conversations.find([FIRST], []);
    expect(record).toMatchObject({ title: null, eventCount: EVENTS });
    await store.commit({ conversationId: FIRST, events: [event(FIRST, EVENTS)] });
    await store.close();
  });
});

test("a write that SQLite rolls back leaves the places and ids of the log free", async () => {
  const path = join(folder, "rolled-back.db");
  await sqliteStore({ path }).close();
  alter(
    path,
    `CREATE TRIGGER full BEFORE INSERT ON events WHEN new.kind = 'TooMuch'
     BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`,
  );
  const store = sqliteStore({ path, durability: "process" });
  await store.commit(creation(FIRST));
  for (let seq = 0; seq < 200; seq += 1) {
    const bad = store.commit({
      conversationId: FIRST,
      events: [event(FIRST, seq), { ...event(FIRST, seq + 1), kind: "TooMuch" }],
    });
    await expect(bad).rejects.toThrow("full");
    await store.commit({ conversationId: FIRST, events: [event(FIRST, seq)] });
  }
  expect(await store.events.count(FIRST, { kind: KINDS[0] as string })).toBe(50);
  await store.close();
});

test("a log that has lost its last events goes on, and its new events are found", async () => {
  const path = join(folder, "lost.db");
  const store = sqliteStore({ path, durability: "process" });
  await fill(store);
  await store.close();
  alter(path, "DELETE FROM events WHERE conversation = 1 AND seq >= 100");
  const again = sqliteStore({ path, durability: "process" });
  expect(await again.events.find(FIRST, [event(FIRST, 120).id])).toEqual([]);
  const events = [...Array(200).keys()].map((offset) => event(FIRST, 100 + offset));
  for (const one of events) await again.commit({ conversationId: FIRST, events: [one] });
  const query = { order: "asc", limit: 1_000, kind: KINDS[0] as string } as const;
  expect((await seqs(again, FIRST, query)).filter((seq) => seq >= 100)).toHaveLength(50);
  expect(await again.events.find(FIRST, [event(FIRST, 120).id])).toEqual([event(FIRST, 120)]);
  await again.close();
});

test("a removed conversation leaves no marks behind", async () => {
  const path = join(folder, "removed.db");
  const store = sqliteStore({ path, durability: "process" });
  await fill(store);
  for (const id of ids) await store.remove(id);
  for (let turn = 0; turn < 40; turn += 1) await new Promise(setImmediate);
  await store.commit(creation(FIRST));
  await store.commit({ conversationId: FIRST, events: [event(FIRST, 0)] });
  await store.close();
  const database = new DatabaseSync(path);
  const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  expect([count("events"), count("event_marks"), count("removed")]).toEqual([1, 0, 0]);
  database.close();
});

/** Three logs that grow side by side, in commits of different sizes. */
async function fill(store: Store): Promise<void> {
  for (const id of ids) await store.commit(creation(id));
  for (let seq = 0; seq < EVENTS; ) {
    const size = Math.min(1 + (seq % 3), EVENTS - seq);
    const places = [...Array(size).keys()].map((offset) => seq + offset);
    await Promise.all(
      ids.map((id) => store.commit({ conversationId: id, events: places.map((place) => event(id, place)) })),
    );
    seq += size;
  }
}

/** A database as the first version wrote it, with the same logs. */
function writeFirstVersion(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1; BEGIN`);
  for (const [index, id] of ids.entries()) {
    let reached = "";
    let late = -1;
    for (let seq = 0; seq < EVENTS; seq += 1) {
      const { id: eventId, kind, source, timestamp, body, json } = event(id, seq);
      if (timestamp < reached) late = seq;
      else reached = timestamp;
      database
        .prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(index + 1, seq, eventId, kind, source, timestamp, reached, body, json);
    }
    database
      .prepare(
        `INSERT INTO conversations (id, created_at, updated_at, status, event_count, reached, last_late)
         VALUES (?, '2026', '2026', 'idle', ?, ?, ?)`,
      )
      .run(id, EVENTS, reached, late);
  }
  database.exec("COMMIT");
  database.close();
}

function event(conversation: string, seq: number): StoredEvent {
  const own = conversation.slice(-1);
  // The clock is put back now and then.
  const second = seq % 50 === 49 ? seq - 30 : seq;
  const minutes = String(Math.floor(second / 60)).padStart(2, "0");
  const timestamp = `2026-01-01T00:${minutes}:${String(second % 60).padStart(2, "0")}.000000`;
  const kind = KINDS[(seq + Number(own)) % KINDS.length] as string;
  const body = kind === "MessageEvent" ? `message ${seq % 7}` : null;
  const source = SOURCES[seq % SOURCES.length] as string;
  return { seq, id: `event-${own}-${seq}`, kind, source, timestamp, body, json: JSON.stringify({ seq }) };
}

function filters(): EventFilter[] {
  const kinds = [{}, { kind: "ActionEvent" }, { kind: "MessageEvent" }, { kind: "NoSuchEvent" }];
  const sources = [{}, { source: "agent" }];
  const bodies = [{}, { body: "MESSAGE 3" }];
  const times = [
    {},
    { timestampGte: "2026-01-01T00:03:00.000000" },
    { timestampLt: "2026-01-01T00:05:30.000000" },
    { timestampGte: "2026-01-01T00:02:10.000000", timestampLt: "2026-01-01T00:02:20.000000" },
    { timestampGte: "2027" },
    { timestampLt: "2025" },
  ];
  return kinds.flatMap((kind) =>
    sources.flatMap((source) =>
      bodies.flatMap((body) => times.map((time) => ({ ...kind, ...source, ...body, ...time }))),
    ),
  );
}

function queries(filter: EventFilter): EventQuery[] {
  const orders = ["asc", "desc"] as const;
  return orders.flatMap((order) =>
    [undefined, 0, 130, EVENTS - 10].flatMap((from) =>
      [3, 1_000].map((limit) => ({ ...filter, order, limit, ...(from === undefined ? {} : { from }) })),
    ),
  );
}

async function seqs(store: Store, id: string, query: EventQuery): Promise<number[]> {
  return (await store.events.search(id, query)).map(({ seq }) => seq);
}

function creation(conversationId: string): Change {
  const time = "2026-01-01T00:00:00.000000Z";
  const header = { createdAt: time, updatedAt: time, status: "idle", title: null } as const;
  return { conversationId, create: { ...header, parentId: null, createdBy: null, leafEventId: null } };
}

function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
