import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { LocalOwnership } from "../../src/stores/local-ownership.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type PostgresStore, postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/stores/store.ts";
import { storeContract } from "../../src/testing/store-contract.ts";
import { dropSchema, newSchema, query, type TestSchema } from "../postgres/test-postgres.ts";

const folder = mkdtempSync(join(tmpdir(), "agent-server-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function kill({ ownership }: Store, node: number): Promise<void> {
  (ownership as LocalOwnership).bury(node);
}

describe("memoryStore", () => {
  for (const { name, run } of storeContract(memoryStore, { kill })) test(name, run);
});

describe.each(["disk", "process"] as const)("sqliteStore with durability %s", (durability) => {
  const paths = new WeakMap<Store, string>();
  let created = 0;

  function open(path: string): Store {
    const store = sqliteStore({ path, durability });
    paths.set(store, path);
    return store;
  }

  async function reopen(store: Store): Promise<Store> {
    await store.close();
    return open(paths.get(store) ?? "");
  }

  const create = () => open(join(folder, `${durability}-${created++}.db`));
  for (const { name, run } of storeContract(create, { reopen, kill })) test(name, run);
});

describe("postgresStore", () => {
  const places = new WeakMap<Store, TestSchema>();
  const all: TestSchema[] = [];
  afterAll(() => Promise.all(all.map(dropSchema)));

  function open(place: TestSchema): PostgresStore {
    const store = postgresStore(place);
    places.set(store, place);
    return store;
  }

  async function create(): Promise<Store> {
    const place = await newSchema();
    all.push(place);
    return open(place);
  }

  async function reopen(store: Store): Promise<Store> {
    await store.close();
    return open(places.get(store) as TestSchema);
  }

  /** The beats of a node say that it is dead. */
  async function killOne(store: Store, node: number): Promise<void> {
    await query(places.get(store) as TestSchema, "UPDATE $schema.nodes SET dead = true WHERE id = $1", [
      node,
    ]);
    await expect.poll(() => store.ownership.isHeld(node)).toBe(false);
  }

  for (const { name, run } of storeContract(create, { reopen, kill: killOne })) test(name, run);
});
