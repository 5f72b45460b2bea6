import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { LocalOwnership } from "../../src/stores/local-ownership.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/stores/store.ts";
import { storeContract } from "../../src/testing/store-contract.ts";
import { dropSchema, emptySchema, newSchema, query } from "../postgres/test-postgres.ts";

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

describe("postgresStore", async () => {
  const place = await newSchema();
  afterAll(() => dropSchema(place));

  // A busy machine may be silent for longer than nodes usually may.
  const open = () => postgresStore({ ...place, times: { lease: 60_000, awayAfter: 0 } });

  /** One schema for all checks, emptied for each: to make its tables takes longer than most of them. */
  async function create(): Promise<Store> {
    const store = open();
    await store.open();
    await emptySchema(place);
    return store;
  }

  async function reopen(store: Store): Promise<Store> {
    await store.close();
    return open();
  }

  /** The beats of a node say that it is dead. */
  async function killOne(store: Store, node: number): Promise<void> {
    await query(place, "UPDATE $schema.nodes SET dead = true WHERE id = $1", [node]);
    await expect.poll(() => store.ownership.isHeld(node)).toBe(false);
  }

  for (const { name, run } of storeContract(create, { reopen, kill: killOne })) test(name, run);
});
