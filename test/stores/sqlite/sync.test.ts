import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Database, databaseFailed } from "../../../src/stores/sqlite/database.ts";
import { SqliteStore } from "../../../src/stores/sqlite.ts";
import type { Change } from "../../../src/stores/store.ts";

const [A, B, C] = ["a", "b", "c"].map((letter) => `${letter.repeat(8)}-0000-4000-8000-000000000001`) as [
  string,
  string,
  string,
];
const FAILED = { code: "unavailable" };

/** A database whose waits for the disk end when a test says so. */
class StagedDatabase extends Database {
  readonly waits: PromiseWithResolvers<void>[] = [];
  rewrites = 0;
  isBroken = false;

  override sync(): Promise<void> {
    const wait = Promise.withResolvers<void>();
    this.waits.push(wait);
    return wait.promise;
  }

  override rewrite(): void {
    this.rewrites += 1;
    if (this.isBroken) throw databaseFailed(new Error("EIO: injected"));
    super.rewrite();
  }

  /** Ends the wait with this number, which comes when the loop has turned. */
  async end(wait: number, error?: Error): Promise<void> {
    await expect.poll(() => this.waits.length).toBe(wait);
    if (error === undefined) this.waits[wait - 1]?.resolve();
    else this.waits[wait - 1]?.reject(error);
  }
}

function open({ syncs = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-sync-"));
  const database = new StagedDatabase(join(folder, "test.db"));
  const store = new SqliteStore(database, syncs);
  onTestFinished(async () => {
    for (const { resolve } of database.waits) resolve();
    await store.close().catch(() => undefined);
    rmSync(folder, { recursive: true });
  });
  const find = (id: string) => store.conversations.find([id], []);
  const list = () => store.conversations.search({ sortOrder: "CREATED_AT", limit: 10, documents: [] });
  return { database, store, find, list };
}

describe("a commit", () => {
  test("is acknowledged and read when the disk has it; lists and other reads do not wait", async () => {
    const { database, store, find, list } = open();
    const commit = store.commit(creation(A));
    await expect.poll(() => database.waits.length).toBe(1);
    const read = find(A);
    expect(await areSettled(commit, read)).toEqual([false, false]);
    expect(await find(B)).toEqual([]);
    expect((await list()).map(({ id }) => id)).toEqual([A]);
    await database.end(1);
    await commit;
    expect(await read).toMatchObject([{ id: A }]);
  });

  test("shares its wait with those that come while the disk is waited for", async () => {
    const { database, store } = open();
    const first = store.commit(creation(A));
    await expect.poll(() => database.waits.length).toBe(1);
    const others = [store.commit(creation(B)), store.commit(creation(C))];
    expect(await areSettled(first, ...others)).toEqual([false, false, false]);
    await database.end(1);
    await first;
    await expect.poll(() => database.waits.length).toBe(2);
    expect(await areSettled(...others)).toEqual([false, false]);
    await database.end(2);
    await Promise.all(others);
    expect(database.waits).toHaveLength(2);
  });

  test("does not wait where it has to survive the process only", async () => {
    const { database, store, find } = open({ syncs: false });
    await store.commit(creation(A));
    expect(await find(A)).toMatchObject([{ id: A }]);
    expect(database.waits).toEqual([]);
  });
});

describe("a wait for the disk that fails", () => {
  test("is made up for by writing everything once more", async () => {
    const { database, store, find } = open();
    const commit = store.commit(creation(A));
    await database.end(1, new Error("EIO"));
    await commit;
    expect(database.rewrites).toBe(1);
    expect(await find(A)).toMatchObject([{ id: A }]);
    const next = store.commit(creation(B));
    await database.end(2);
    await next;
    expect(database.rewrites).toBe(1);
  });

  test("refuses the commit, its reads and all writes until the disk takes them, and no other read", async () => {
    const { database, store, find } = open();
    database.isBroken = true;
    const commit = store.commit(creation(A));
    await database.end(1, new Error("EIO"));
    await expect(commit).rejects.toMatchObject(FAILED);
    await expect(find(A)).rejects.toMatchObject(FAILED);
    expect(await find(B)).toEqual([]);
    const refused = await Promise.allSettled([store.commit(creation(B)), store.commit(creation(C))]);
    expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await find(B)).toEqual([]);

    database.isBroken = false;
    expect(await find(A)).toMatchObject([{ id: A }]);
    const later = store.commit(creation(B));
    await database.end(2);
    await later;
  });

  test("lets the next write make everything safe, too", async () => {
    const { database, store, find } = open();
    database.isBroken = true;
    const commit = store.commit(creation(A));
    await database.end(1, new Error("EIO"));
    await expect(commit).rejects.toMatchObject(FAILED);
    database.isBroken = false;
    const { rewrites } = database;
    const next = store.commit(creation(B));
    await database.end(2);
    await next;
    expect(database.rewrites).toBe(rewrites + 1);
    expect(await find(A)).toMatchObject([{ id: A }]);
    expect(database.rewrites).toBe(rewrites + 1);
  });

  test("refuses also what was written after it began", async () => {
    const { database, store } = open();
    database.isBroken = true;
    const first = store.commit(creation(A));
    await expect.poll(() => database.waits.length).toBe(1);
    const second = store.commit(creation(B));
    // It stores what waits.
    const closed = store.close();
    expect(await areSettled(first, second, closed)).toEqual([false, false, false]);
    await database.end(1, new Error("EIO"));
    await expect(first).rejects.toMatchObject(FAILED);
    await expect(second).rejects.toMatchObject(FAILED);
    await closed;
    expect(database.waits).toHaveLength(1);
  });
});

test("a store that closes waits until the disk has what it took, and takes nothing more", async () => {
  const { database, store } = open();
  const first = store.commit(creation(A));
  await expect.poll(() => database.waits.length).toBe(1);
  const second = store.commit(creation(B));
  const closed = store.close();
  expect(await areSettled(first, second, closed)).toEqual([false, false, false]);
  await expect(store.commit(creation(C))).rejects.toThrow("closed");
  await database.end(1);
  await first;
  expect(await areSettled(second, closed)).toEqual([false, false]);
  await database.end(2);
  await second;
  await closed;
});

/** Whether promises are settled after some turns of the loop. */
async function areSettled(...promises: readonly Promise<unknown>[]): Promise<boolean[]> {
  const settled = promises.map(() => false);
  for (const [index, promise] of promises.entries()) {
    const note = () => {
      settled[index] = true;
    };
    promise.then(note, note);
  }
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  return settled;
}

function creation(conversationId: string): Change {
  const time = "2026-01-01T00:00:00.000000Z";
  const header = { createdAt: time, updatedAt: time, status: "idle", title: null, parentId: null } as const;
  return { conversationId, create: { ...header, createdBy: null, leafEventId: null } };
}
