import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Database } from "../../../src/stores/sqlite/database.ts";

function openDatabase(): Database {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-database-"));
  const database = new Database(join(folder, "test.db"));
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  return database;
}

test("a full disk is reported as such, stores no half of a transaction, and is forgotten when there is space again", () => {
  const database = openDatabase();
  database.run("CREATE TABLE texts (text TEXT)");
  const { page_count: pages } = database.get("PRAGMA page_count") ?? {};
  const limitTo = (count: number) => database.get(`PRAGMA max_page_count = ${count}`);
  const write = () =>
    database.transaction(() => {
      for (const length of [1, 100_000]) {
        database.run("INSERT INTO texts VALUES (?)", "x".repeat(length));
      }
    });

  limitTo(Number(pages));
  expect(write).toThrow(
    expect.objectContaining({
      code: "unavailable",
      detail: "The database of the conversations failed: database or disk is full",
    }),
  );
  expect(database.get("SELECT count(*) AS count FROM texts")).toEqual({ count: 0n });

  limitTo(1_000_000);
  write();
  expect(database.get("SELECT count(*) AS count FROM texts")).toEqual({ count: 2n });
});

test("a mistake of ours is not taken for the disk's", () => {
  expect(() => openDatabase().run("INSERT INTO nowhere VALUES (1)")).toThrow(/^no such table: nowhere$/);
});
