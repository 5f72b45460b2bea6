import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import type { NewBashEvent } from "../../src/stores/bash-events.ts";
import { MIGRATIONS } from "../../src/stores/sqlite/schema.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Change, StoredEvent } from "../../src/stores/store.ts";

const folder = mkdtempSync(join(tmpdir(), "agent-server-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CONVERSATION = "aaaaaaaa-0000-4000-8000-000000000001";
const module = new URL("../../src/stores/sqlite.ts", import.meta.url).href;

describe("the database file", () => {
  test("is made with its folder, for this user only", async () => {
    const path = join(folder, "made", "deep", "conversations.db");
    const store = sqliteStore({ path });
    await store.commit(creation());
    expect(modeOf(join(folder, "made", "deep"))).toBe("700");
    expect([modeOf(path), modeOf(`${path}-wal`)]).toEqual(["600", "600"]);
    await store.close();
  });

  test("is refused while another store of this process has it", async () => {
    const path = join(folder, "shared.db");
    const store = sqliteStore({ path });
    expect(() => sqliteStore({ path })).toThrow(`${path} is in use by another agent-server`);
    await store.commit(creation());
    await store.close();
    await sqliteStore({ path }).close();
  });

  test("is refused while another process has it, and has every acknowledged event after that is killed", async () => {
    const path = join(folder, "killed.db");
    const other = start(`
      const store = sqliteStore({ path: ${JSON.stringify(path)} });
      await store.commit(${JSON.stringify(creation())});
      for (let seq = 0; ; seq++) {
        const event = { ...${JSON.stringify(event(0))}, seq, id: "event-" + seq };
        await store.commit({ conversationId: "${CONVERSATION}", events: [event] });
        process.stdout.write(seq + "\\n");
      }
    `);
    const printed = collect(other);
    await once(other.stdout as NonNullable<typeof other.stdout>, "data");
    expect(() => sqliteStore({ path })).toThrow("is in use by another agent-server");
    other.kill("SIGKILL");
    await once(other, "close");
    // A line may have been cut by the kill; only whole ones were acknowledged.
    const acknowledged = printed().split("\n").length - 1;
    const store = sqliteStore({ path });
    const count = await store.events.count(CONVERSATION, {});
    expect(acknowledged).toBeGreaterThan(0);
    expect(count).toBeGreaterThanOrEqual(acknowledged);
    const events = await store.events.search(CONVERSATION, { order: "asc", limit: count });
    expect(events.map((found) => found.seq)).toEqual([...Array(count).keys()]);
    await store.close();
  });

  test("of a newer version is refused and left alone", async () => {
    const path = join(folder, "newer.db");
    await sqliteStore({ path }).close();
    alter(path, "PRAGMA user_version = 99");
    expect(() => sqliteStore({ path })).toThrow(/newer agent-server \(schema 99; this one knows up to \d+\)/);
  });

  test("of an older version gets what is new and keeps what it has", async () => {
    const path = join(folder, "older.db");
    alter(path, `${MIGRATIONS[0]}; PRAGMA user_version = 1`);
    alter(
      path,
      `INSERT INTO conversations (id, created_at, updated_at, status)
       VALUES ('${CONVERSATION}', '2026', '2026', 'idle')`,
    );
    const store = sqliteStore({ path });
    const [record] = await store.conversations.find([CONVERSATION], []);
    expect(record).toMatchObject({ createdAt: "2026", createdBy: null });
    const document = { kind: "setting", name: "theme", json: '"dark"', expected: null };
    expect(await store.documents.write([document])).toBe("written");
    await store.close();
  });

  test("of another program is refused", () => {
    const path = join(folder, "foreign.db");
    alter(path, "CREATE TABLE recipes (name)");
    expect(() => sqliteStore({ path })).toThrow(`${path} is a database of another program`);
  });

  test("that is not a database is refused", () => {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "no database ".repeat(1_000));
    expect(() => sqliteStore({ path })).toThrow(`${path} cannot be opened: file is not a database`);
  });

  test("opens without a word on the console", async () => {
    const path = join(folder, "silent.db");
    const child = start(`
      await sqliteStore({ path: ${JSON.stringify(path)} }).close();
      process.emitWarning("still heard");
    `);
    let errors = "";
    child.stderr?.on("data", (data) => {
      errors += data;
    });
    await once(child, "close");
    expect(errors).toContain("still heard");
    expect(errors).not.toContain("SQLite");
  });
});

describe("a write that fails below the store", () => {
  /** Stands in for a full disk: SQLite rolls back the whole transaction by itself. */
  const FULL = `CREATE TRIGGER full BEFORE INSERT ON events WHEN new.kind = 'TooMuch'
    BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`;

  test("rejects alone, changes nothing, and leaves the store usable", async () => {
    const path = join(folder, "full.db");
    await sqliteStore({ path }).close();
    alter(path, FULL);
    const store = sqliteStore({ path });
    await store.commit(creation());
    const tooMuch = { ...event(1), kind: "TooMuch" };
    const outcomes = await Promise.allSettled([
      store.commit({ conversationId: CONVERSATION, events: [event(0)] }),
      store.commit({ conversationId: CONVERSATION, update: { title: "No" }, events: [tooMuch] }),
      store.commit({ conversationId: CONVERSATION, events: [event(1)] }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { message: "database or disk is full" } });
    await store.commit({ conversationId: CONVERSATION, events: [event(2)] });
    const [record] = await store.conversations.find([CONVERSATION], []);
    expect(record).toMatchObject({ title: null, eventCount: 3 });
    await store.close();
  });
});

describe("documents", () => {
  test.each([1, 2, 7, 30])(
    "survive kill -9 after %i writes, as far as they were acknowledged, and never as half of a write",
    async (writes) => {
      const path = join(folder, `killed-documents-${writes}.db`);
      const child = start(`
      const store = sqliteStore({ path: ${JSON.stringify(path)} });
      let revisions = [null, null];
      for (let step = 0; ; step++) {
        const json = JSON.stringify({ step, filling: "x".repeat(20_000) });
        await store.documents.write(["left", "right"].map((name, place) =>
          ({ kind: "pair", name, json, expected: revisions[place] })));
        process.stdout.write(step + "\\n");
        revisions = (await store.documents.list("pair")).map(({ revision }) => revision);
      }
    `);
      const printed = collect(child);
      while (printed().split("\n").length <= writes) {
        await once(child.stdout as NonNullable<typeof child.stdout>, "data");
      }
      child.kill("SIGKILL");
      await once(child, "close");
      // A line may have been cut by the kill; only whole ones were acknowledged.
      const acknowledged = printed().split("\n").length - 2;
      expect(acknowledged).toBeGreaterThanOrEqual(writes - 1);
      const store = sqliteStore({ path });
      const steps = (await store.documents.list("pair")).map(({ json }) => JSON.parse(json).step);
      expect(steps).toEqual([steps[0], steps[0]]);
      expect(steps[0]).toBeGreaterThanOrEqual(acknowledged);
      await store.close();
    },
  );

  test("stay as they are when the disk is full, and can be written again when it is not", async () => {
    const path = join(folder, "full-documents.db");
    await sqliteStore({ path }).close();
    alter(
      path,
      `CREATE TRIGGER full BEFORE INSERT ON named_documents WHEN new.name = 'b' AND new.json = '"too much"'
       BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`,
    );
    const store = sqliteStore({ path });
    const write = (json: string, revisions: readonly (number | null)[]) =>
      store.documents.write(
        ["a", "b"].map((name, place) => ({ kind: "pair", name, json, expected: revisions[place] ?? null })),
      );
    await write('"first"', []);
    const before = await store.documents.list("pair");
    const revisions = before.map(({ revision }) => revision);
    const outcomes = await Promise.allSettled([
      write('"too much"', revisions),
      store.commit(creation()),
      store.documents.write([{ kind: "other", name: "c", json: "1", expected: null }]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(await store.documents.list("pair")).toEqual(before);
    expect(await write('"second"', revisions)).toBe("written");
    await store.close();
  });
});

describe("removing a long conversation", () => {
  test("frees its events bit by bit, going on after a restart", async () => {
    const path = join(folder, "removal.db");
    // Without waits for the disk, in which more of them would go.
    const store = sqliteStore({ path, durability: "process" });
    await store.commit({ ...creation(), events: [...Array(1_600).keys()].map(event) });
    await store.remove(CONVERSATION);
    expect(await store.events.count(CONVERSATION, {})).toBe(0);
    await store.commit({ ...creation(), events: [event(0)] });
    await store.close();
    expect(rowsIn(path, "events")).toBeGreaterThan(1);

    const again = sqliteStore({ path });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(await again.events.count(CONVERSATION, {})).toBe(1);
    await again.close();
    expect(rowsIn(path, "events")).toBe(1);
  });

  test("frees bash events that were cleared or whose conversation is gone, a few MiB at a time", async () => {
    const path = join(folder, "bash-removal.db");
    const store = sqliteStore({ path, durability: "process" });
    await store.commit(creation());
    for (const scope of [null, CONVERSATION]) {
      for (let index = 0; index < 30; index++) await store.bashEvents.append(scope, bashEvent(index));
    }
    await store.remove(CONVERSATION);
    expect(await store.bashEvents.clear(null)).toBe(30);
    await store.bashEvents.append(null, bashEvent(0));
    await store.close();
    expect(rowsIn(path, "bash_events")).toBeGreaterThan(1);

    const again = sqliteStore({ path });
    for (let turn = 0; turn < 30; turn++) await new Promise(setImmediate);
    expect(await again.bashEvents.search(null, { direction: "asc", limit: 100 })).toHaveLength(1);
    await again.close();
    expect(rowsIn(path, "bash_events")).toBe(1);
  });
});

function creation(): Change {
  const time = "2026-01-01T00:00:00.000000Z";
  const header = {
    createdAt: time,
    updatedAt: time,
    status: "idle",
    title: null,
    parentId: null,
    createdBy: null,
  } as const;
  return { conversationId: CONVERSATION, create: { ...header, leafEventId: null } };
}

function event(seq: number): StoredEvent {
  const timestamp = "2026-01-01T00:00:00.000000";
  return { seq, id: `event-${seq}`, kind: "PauseEvent", source: "user", timestamp, body: null, json: "{}" };
}

function bashEvent(index: number): NewBashEvent {
  const timestamp = "2026-01-01T00:00:00.000000Z";
  const links = { commandId: null, order: null, isFinal: false };
  const json = JSON.stringify("x".repeat(1024 * 1024));
  return { id: `command-${index}`, kind: "BashCommand", timestamp, ...links, json };
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function rowsIn(path: string, table: string): number {
  const database = new DatabaseSync(path);
  const count = Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count);
  database.close();
  return count;
}

function start(script: string): ChildProcess {
  const source = `import { sqliteStore } from ${JSON.stringify(module)};${script}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stdout?.on("data", (data) => {
    text += data;
  });
  return () => text;
}
