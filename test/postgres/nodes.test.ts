import { call, say } from "agent-server/testing";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { Adoption } from "../../src/cluster/membership/adoption.ts";
import { silentLogger } from "../../src/logger.ts";
import { NodeSeat } from "../../src/stores/nodes/node-seat.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import type { Store } from "../../src/stores/store.ts";
import { A, B, creation, event, refused } from "../../src/testing/store-contract/sample-log.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import {
  type BenchOptions,
  echoTool,
  Gate,
  logOf,
  openManager,
  send,
  start,
  until,
} from "../conversations/open-manager.ts";
import { dropSchema, newSchema, query, type TestSchema } from "./test-postgres.ts";

const places: TestSchema[] = [];
afterAll(() => Promise.all(places.map(dropSchema)));

const TIMES = { beat: 200, lease: 1_500, awayAfter: 0 };

async function newPlace(): Promise<TestSchema> {
  const place = await newSchema();
  places.push(place);
  return place;
}

/** A store as another process has it. */
function open(place: TestSchema, times: Partial<typeof TIMES> = {}): Store {
  const store = postgresStore({ ...place, times: { ...TIMES, ...times } });
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

async function holds(store: Store, node: number, id: string): Promise<number> {
  const outcome = await store.ownership.claim(node, id);
  if ("fence" in outcome) return outcome.fence;
  throw new Error(`${id} is held elsewhere`);
}

it("a node whose beats end is buried by a living one, which adopts what it had: its fence is too old then", async () => {
  const place = await newPlace();
  const second = open(place);
  const next = await second.ownership.join();
  await second.commit(creation(A, { status: "running" }));
  const first = open(place, { beat: 400_000, lease: 1_500_000 });
  const dead = await first.ownership.join();
  const fence = await holds(first, dead, A);
  await first.commit({ conversationId: A, events: [event(0)], fence });
  expect(await second.ownership.adopt(next, 10)).toEqual([]);
  await expire(place, dead);
  await until(async () => (await second.ownership.adopt(next, 10)).length === 1);
  await refused(first.commit({ conversationId: A, events: [event(1)], fence }), "ownership_lost");
  expect(first.ownership.isHeld(dead)).toBe(true);
  await refused(first.ownership.claim(dead, B), "ownership_lost");
  expect(first.ownership.isHeld(dead)).toBe(false);
});

it("a node that was silent itself buries none: after an outage of the database all live on", async () => {
  const place = await newPlace();
  const first = open(place, { beat: 400_000, lease: 1_000_000 });
  const second = open(place, { beat: 400_000, lease: 1_000_000 });
  const [one, other] = [await first.ownership.join(), await second.ownership.join()];
  await first.commit(creation(A, { status: "running" }));
  const fence = await holds(first, one, A);
  await Promise.all([expire(place, one), expire(place, other)]);
  expect(await second.ownership.adopt(other, 10)).toEqual([]);
  await holds(first, one, B);
  await first.commit({ conversationId: A, events: [event(0)], fence });
  expect(await first.ownership.ownerOf(A)).toEqual({ node: one });
});

it("a node stops counting itself as alive when the database confirms no beat for a lease", async () => {
  const place = await newPlace();
  const store = open(place, { beat: 500, lease: 1_000 });
  const node = await store.ownership.join();
  await until(() => store.ownership.isHeld(node));
  const unlock = await locked(place);
  await until(() => !store.ownership.isHeld(node));
  await unlock();
  await until(() => store.ownership.isHeld(node));
});

it("what one of many looks adopts, no other has", async () => {
  const place = await newPlace();
  const ids = Array.from({ length: 20 }, (_, n) => `cccccccc-0000-4000-8000-${String(n).padStart(12, "0")}`);
  const stores = [open(place), open(place), open(place)];
  const nodes = await Promise.all(stores.map((store) => store.ownership.join()));
  await Promise.all(ids.map((id) => (stores[0] as Store).commit(creation(id, { status: "running" }))));
  const looks = stores.flatMap(({ ownership }, index) =>
    [1, 2, 3, 4].map(() => ownership.adopt(nodes[index] as number, 7)),
  );
  const adopted = (await Promise.all(looks)).flat().map(({ conversationId }) => conversationId);
  expect(adopted.toSorted()).toEqual(ids);
});

it("a run of a server that is silent goes on at another one, and what the first does later is refused", async () => {
  const place = await newPlace();
  const gate = new Gate();
  const silent = openNode(open(place, { beat: 400_000, lease: 1_000_000 }), {
    steps: [call("echo", { text: "hi" }), say("From the first.")],
    tools: new ToolRegistry([echoTool(gate)]),
  });
  const store = open(place);
  const other = openNode(store, { steps: [say("From the second.")] });
  const id = await start(silent.manager);
  await send(silent.manager, id, "go");
  await gate.reached;
  await other.seat.node();
  other.adoption.start();
  await expire(place, (await silent.seat.node()) ?? 0);
  await until(async () => (await other.manager.get(id)).execution_status === "finished");
  const log = await logOf(other.manager, id);
  gate.open();
  await until(() => silent.manager.liveCount === 0);
  expect(await logOf(other.manager, id)).toEqual(log);
  const places = await store.events.search(id, { order: "asc", limit: 100 });
  expect(places.map(({ seq }) => seq)).toEqual(places.map((_, index) => index));
  expect(await other.manager.agentFinalResponse(id)).toBe("From the second.");
});

it("the runs of a machine wait for it for a while before another one may mark them", async () => {
  const place = await newPlace();
  const store = open(place, { awayAfter: 3_600_000 });
  const [east, west] = [
    await store.ownership.join({ machine: "east" }),
    await store.ownership.join({ machine: "west" }),
  ];
  await store.commit(creation(A, { status: "running", machine: "east" }));
  await holds(store, east, A);
  await store.ownership.leave(east);
  expect(await store.ownership.adopt(west, 10)).toEqual([]);
  await query(place, "UPDATE $schema.nodes SET lives_until = lives_until - interval '2 h' WHERE id = $1", [
    east,
  ]);
  expect(await store.ownership.adopt(west, 10)).toMatchObject([{ conversationId: A, away: "east" }]);
});

it("times with which no node could live are refused by name", () => {
  const store = (times: object) => () => postgresStore({ connectionString: "postgres://nowhere/db", times });
  expect(store({ beat: 0 })).toThrow(/times\.beat/);
  expect(store({ lease: 1.5 })).toThrow(/times\.lease/);
  expect(store({ lease: 1_500 })).toThrow(/times\.lease: must be at least twice times\.beat/);
});

/** A server of a cluster, in which no request is forwarded. */
function openNode(store: Store, options: BenchOptions) {
  const seat = new NodeSeat(store.ownership);
  const bench = openManager({ store, seat, adopts: true, cutRuns: "continue", ...options });
  const adoption = new Adoption({ seat, conversations: bench.manager, logger: silentLogger });
  onTestFinished(async () => {
    await adoption.end();
    await bench.manager.close();
  });
  return { ...bench, seat, adoption };
}

/** Ends the time of a node, as when it was silent for a lease. */
async function expire(place: TestSchema, node: number): Promise<void> {
  await query(
    place,
    "UPDATE $schema.nodes SET lives_until = clock_timestamp() - interval '1 s' WHERE id = $1",
    [node],
  );
}

/** Keeps every beat waiting. Resolves with a function that ends this. */
async function locked(place: TestSchema): Promise<() => Promise<void>> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: place.connectionString });
  await client.connect();
  await client.query("BEGIN");
  await client.query(`SELECT FROM ${place.schema}.nodes FOR UPDATE`);
  return async () => {
    await client.query("ROLLBACK");
    await client.end();
  };
}
