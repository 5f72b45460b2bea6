import { call, say } from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Connections } from "../../../src/stores/postgres/connection/connections.ts";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { openManager, send, start, until } from "../../conversations/open-manager.ts";
import { openPooler, type Pooler, pgbouncerPath } from "../../postgres/pgbouncer.ts";
import { CONVERSATION, creation, event } from "../../postgres/samples.ts";
import { dropSchema, newSchema, query, type TestSchema } from "../../postgres/test-postgres.ts";

// Two servers start, and a busy machine takes its time for that.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const isAbsent = pgbouncerPath() === undefined;

/** A schema, and the same one by way of a pooler. */
interface Pooled {
  direct: TestSchema;
  pooled: TestSchema;
  pooler: Pooler;
}

async function open(options: { mode: "transaction" | "session"; size?: number }): Promise<Pooled> {
  const direct = await newSchema();
  const pooler = await openPooler({ url: direct.connectionString, ...options });
  return { direct, pooled: { ...direct, connectionString: pooler.url }, pooler };
}

async function close({ direct, pooler }: Pooled): Promise<void> {
  await pooler.close();
  await dropSchema(direct);
}

describe.skipIf(isAbsent).each(["transaction", "session"] as const)("behind PgBouncer, by %s", (mode) => {
  let place: Pooled;
  beforeAll(async () => {
    place = await open({ mode });
  });
  afterAll(() => close(place));

  test("a conversation runs, and is taken over once its server is silent", async () => {
    const openStore = () => postgresStore({ ...place.pooled, times: { beat: 500, lease: 20_000 } });
    const [first, second] = [openStore(), openStore()];
    const { manager } = openManager({ store: first, steps: [call("echo", { text: "hi" }), say("Done.")] });
    const id = await start(manager);
    await send(manager, id, "go");
    await until(async () => (await manager.get(id)).execution_status === "finished");
    expect(await manager.agentFinalResponse(id)).toBe("Done.");
    await manager.close();

    const [dead, next] = [await first.ownership.join(), await second.ownership.join()];
    await first.commit(creation());
    const claimed = await first.ownership.claim(dead, CONVERSATION);
    const fence = "fence" in claimed ? claimed.fence : 0;
    await query(place.direct, "UPDATE $schema.nodes SET dead = true WHERE id = $1", [dead]);
    expect(await second.ownership.claim(next, CONVERSATION)).toHaveProperty("fence");
    const late = first.commit({ conversationId: CONVERSATION, events: [event(0)], fence });
    await expect(late).rejects.toMatchObject({ code: "ownership_lost" });
    await Promise.all([first.close(), second.close()]);
  });
});

test.skipIf(isAbsent)("sessions of a pooler, which others have next, stay as they were", async () => {
  const place = await open({ mode: "transaction", size: 1 });
  const store = postgresStore(place.pooled);
  await store.commit(creation());
  await store.ownership.join();
  expect(await store.conversations.count()).toBe(1);
  for (const name of ["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"]) {
    expect(await query(place.pooled, `SHOW ${name}`)).toEqual([{ [name]: "0" }]);
  }
  await store.close();
  await close(place);
});

test("sessions that belong to the store end statements that take too long, and every write waits no longer for locks", async () => {
  const schema = await newSchema();
  const store = postgresStore(schema);
  await store.commit(creation());
  const connections = new Connections(schema.connectionString);
  expect(await connections.read("SHOW statement_timeout")).toEqual([{ statement_timeout: "30s" }]);
  await connections.end();
  const begun =
    "SELECT $schema.begin_write_1(id, last + 1), current_setting('lock_timeout') AS waits FROM $schema.writers";
  const rows = await query(schema, begun);
  expect(rows.map(({ waits }) => waits)).toContain("30s");
  await store.close();
  await dropSchema(schema);
});
