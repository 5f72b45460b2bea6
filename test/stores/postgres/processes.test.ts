import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Frame } from "../../../src/stores/frame-relay.ts";
import { type PostgresStore, postgresStore } from "../../../src/stores/postgres.ts";
import { CONVERSATION, creation, event } from "../../postgres/samples.ts";
import { dropSchema, newSchema, query, type TestSchema } from "../../postgres/test-postgres.ts";

// Processes start, and leases end, in their own time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const module = new URL("../../../src/stores/postgres.ts", import.meta.url).href;
const schemas: TestSchema[] = [];
const children: ChildProcess[] = [];
let schema: TestSchema;

beforeEach(async () => {
  schema = await newSchema();
  schemas.push(schema);
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(schemas.map(dropSchema));
});

/** Runs a script with a store in another process. Its lines come as they are printed. */
function start(script: string) {
  const source = `import { postgresStore } from ${JSON.stringify(module)};
    const store = postgresStore(${JSON.stringify(schema)});
    const say = (text) => process.stdout.write(text + "\\n");
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let text = "";
  child.stdout?.on("data", (data) => {
    text += data;
  });
  return { child, lines: () => text.split("\n").slice(0, -1) };
}

describe("two processes", () => {
  test("that open a new database at one moment both find it ready", async () => {
    const script = "await store.open(); say('ready'); await store.close();";
    const both = [start(script), start(script)];
    for (const { child } of both) if (child.exitCode === null) await once(child, "close");
    expect(both.map(({ lines }) => lines())).toEqual([["ready"], ["ready"]]);
  });

  test("write one conversation in one order: who comes second is refused", async () => {
    const [one, other] = [postgresStore(schema), postgresStore(schema)];
    await one.commit(creation());
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? one : other).commit({
          conversationId: CONVERSATION,
          events: [event(0, { id: `from-${index}` })],
        }),
      ),
    );
    const made = outcomes.filter(({ status }) => status === "fulfilled");
    expect(made).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason.code).toBe("conflict");
    expect(await other.events.count(CONVERSATION, {})).toBe(1);
    await Promise.all([one.close(), other.close()]);
  });

  test("create one conversation once, also at one moment", async () => {
    const stores = [1, 2, 3, 4].map(() => postgresStore(schema));
    await Promise.all(stores.map((store) => store.open()));
    const outcomes = await Promise.allSettled(stores.map((store) => store.commit(creation())));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason.code).toBe("conflict");
    await Promise.all(stores.map((store) => store.close()));
  });

  test("number bash events and messages in the order in which they become visible", async () => {
    const stores = [postgresStore(schema), postgresStore(schema)];
    await stores[0]?.open();
    const seen: number[] = [];
    let isDone = false;
    const reading = (async () => {
      while (!isDone) {
        const messages = (await stores[0]?.outbox.read("q", { limit: 1_000 })) ?? [];
        const last = seen.at(-1) ?? 0;
        seen.push(...messages.map(({ seq }) => seq).filter((seq) => seq > last));
      }
    })();
    const writing = Array.from({ length: 60 }, async (_, index) => {
      const store = stores[index % 2] as PostgresStore;
      await store.outbox.append([{ queue: "q", json: `${index}`, at: index }]);
      await store.bashEvents.append(null, bashEvent(`b${index}`));
    });
    await Promise.all(writing);
    isDone = true;
    await reading;
    const all = (await stores[1]?.outbox.read("q", { limit: 1_000 })) ?? [];
    // A number that came late would be missing among those that were seen.
    const upToLast = all.map(({ seq }) => seq).filter((seq) => seq <= (seen.at(-1) ?? 0));
    expect(upToLast).toEqual(seen);
    expect(await stores[1]?.bashEvents.search(null, { direction: "asc", limit: 100 })).toHaveLength(60);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("show each other what they write, within moments", async () => {
    const [one, other] = [postgresStore(schema), postgresStore(schema)];
    await one.commit(creation());
    const frames: Frame[] = [];
    const following = other.relay.follow(CONVERSATION, (frame) => frames.push(frame));
    await following.begun;
    await one.commit({ conversationId: CONVERSATION, events: [event(0)] });
    await expect.poll(() => frames).toMatchObject([{ kind: "event", seq: 0, text: event(0).json }]);
    following.end();
    await Promise.all([one.close(), other.close()]);
  });
});

describe("ownership", () => {
  test("of one conversation goes to one of many claimers in several processes", async () => {
    const stores = [1, 2, 3].map(() => postgresStore(schema));
    await stores[0]?.commit(creation());
    const outcomes = await Promise.all(
      stores.map(async ({ ownership }) => ownership.claim(await ownership.join(), CONVERSATION)),
    );
    expect(outcomes.filter((outcome) => "fence" in outcome)).toHaveLength(1);
    expect(outcomes.filter((outcome) => "owner" in outcome)).toHaveLength(2);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("of a process that was killed ends with its lease, and a new one takes over", async () => {
    const { child, lines } = start(`
      await store.commit(${JSON.stringify(creation())});
      const node = await store.ownership.join();
      const { fence } = await store.ownership.claim(node, "${CONVERSATION}");
      say(String(fence));
      setInterval(() => {}, 1_000);
    `);
    await expect.poll(lines).toHaveLength(1);
    const former = Number(lines()[0]);
    child.kill("SIGKILL");
    await once(child, "close");
    const store = postgresStore(schema);
    const node = await store.ownership.join();
    // A server that is started again asks once, and is answered when the fate of its former self is known.
    expect(await store.ownership.ownerOf(CONVERSATION)).toBeUndefined();
    const outcome = await store.ownership.claim(node, CONVERSATION);
    expect(outcome).toEqual({ fence: expect.any(Number) });
    expect("fence" in outcome && outcome.fence > former).toBe(true);
    await store.close();
  });

  test("of a process that was stopped and woken is lost: its late writes change nothing", async () => {
    const { child, lines } = start(`
      await store.commit(${JSON.stringify(creation())});
      const node = await store.ownership.join({ died: () => say("died") });
      const { fence } = await store.ownership.claim(node, "${CONVERSATION}");
      say("holds");
      for (let seq = 0; ; seq++) {
        const event = { ...${JSON.stringify(event(0))}, seq, id: "woken-" + seq };
        try {
          await store.commit({ conversationId: "${CONVERSATION}", events: [event], fence });
        } catch (error) {
          say(error.code);
          break;
        }
      }
      setInterval(() => {}, 1_000);
    `);
    await expect.poll(lines).toEqual(["holds"]);
    child.kill("SIGSTOP");
    const store = postgresStore(schema);
    const node = await store.ownership.join();
    let outcome = await store.ownership.claim(node, CONVERSATION);
    await expect
      .poll(async () => {
        outcome = await store.ownership.claim(node, CONVERSATION);
        return "fence" in outcome;
      })
      .toBe(true);
    const count = await store.events.count(CONVERSATION, {});
    const fence = "fence" in outcome ? outcome.fence : 0;
    await store.commit({ conversationId: CONVERSATION, events: [event(count)], fence });
    child.kill("SIGCONT");
    await expect.poll(() => lines().toSorted()).toEqual(["died", "holds", "ownership_lost"]);
    expect(await store.events.count(CONVERSATION, {})).toBe(count + 1);
    await store.close();
  });

  test("outlasts an outage of the database: when it is back, those that have waited are not buried", async () => {
    const [one, other] = [postgresStore(schema), postgresStore(schema)];
    await one.commit(creation());
    const [first, second] = [await one.ownership.join(), await other.ownership.join()];
    const held = await one.ownership.claim(first, CONVERSATION);
    // The time of both passes, as when neither could beat for a while.
    await query(schema, "UPDATE $schema.nodes SET lives_until = now() - interval '1 minute'");
    expect(await other.ownership.adopt(second, 10)).toEqual([]);
    expect(await other.ownership.claim(second, CONVERSATION)).toEqual({ owner: { node: first } });
    const fence = "fence" in held ? held.fence : 0;
    await one.commit({ conversationId: CONVERSATION, events: [event(0)], fence });
    await Promise.all([one.close(), other.close()]);
  });
});

function bashEvent(id: string) {
  const links = { commandId: null, order: null, isFinal: false };
  return { id, kind: "BashCommand", timestamp: "2026-01-01T00:00:00.000000Z", ...links, json: "{}" };
}
