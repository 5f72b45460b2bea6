import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresStore } from "../../../src/stores/postgres.ts";
import type { Store } from "../../../src/stores/store.ts";
import { storeContract } from "../../../src/testing/store-contract.ts";
import { openPooler, type Pooler, pgbouncerPath } from "../pgbouncer.ts";
import { dropSchema, emptySchema, newSchema, query, type TestSchema } from "../test-postgres.ts";

describe.skipIf(pgbouncerPath() === undefined)("a store behind PgBouncer, in transaction pooling", () => {
  let direct: TestSchema;
  let pooler: Pooler;
  beforeAll(async () => {
    direct = await newSchema();
    pooler = await openPooler({ url: direct.connectionString, mode: "transaction" });
  });
  afterAll(async () => {
    await pooler.close();
    await dropSchema(direct);
  });

  const openStore = () =>
    postgresStore({
      connectionString: pooler.url,
      schema: direct.schema,
      times: { lease: 60_000, awayAfter: 0 },
    });
  const create = async () => {
    const store = openStore();
    await store.open();
    await emptySchema(direct);
    return store;
  };
  const reopen = async (store: Store) => {
    await store.close();
    return openStore();
  };
  const kill = async ({ ownership }: Store, node: number) => {
    await query(direct, "UPDATE $schema.nodes SET dead = true WHERE id = $1", [node]);
    await expect.poll(() => ownership.isHeld(node)).toBe(false);
  };
  for (const { name, run } of storeContract(create, { reopen, kill })) test(name, run);
});
