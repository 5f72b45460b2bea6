import { defineTool, type Event, memoryStore, type Store } from "agent-server";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";

/** One clock for both servers, so that ids do not repeat after the restart. */
const clock = fixedClock();

const ID = "00000000-0000-4000-9000-000000000000";

/** A store whose commit of an observation waits, and fails when `die` is called, like all after it. */
function dyingStore(disk: Store) {
  const dead = Promise.withResolvers<never>();
  dead.promise.catch(() => {});
  let isWaiting = false;
  const nodes: number[] = [];
  const store: Store = {
    ...disk,
    conversations: disk.conversations,
    events: disk.events,
    bashEvents: disk.bashEvents,
    documents: disk.documents,
    relay: disk.relay,
    ownership: {
      join: async (options) => {
        const node = await disk.ownership.join(options);
        nodes.push(node);
        return node;
      },
      claim: (...args) => disk.ownership.claim(...args),
      release: (...args) => disk.ownership.release(...args),
      ownerOf: (...args) => disk.ownership.ownerOf(...args),
      adopt: (...args) => disk.ownership.adopt(...args),
      nodes: () => disk.ownership.nodes(),
      isHeld: (node) => disk.ownership.isHeld(node),
      leave: (...args) => disk.ownership.leave(...args),
    },
    commit: (change) => {
      isWaiting ||= (change.events ?? []).some(({ kind }) => kind === "ObservationEvent");
      return isWaiting ? dead.promise : disk.commit(change);
    },
    remove: (id) => disk.remove(id),
    close: async () => {},
  };
  const die = async () => {
    dead.reject(new Error("the server was killed"));
    await Promise.all(nodes.map((node) => disk.ownership.leave(node)));
  };
  return { store, die };
}

function deployTool(deployed: string[]) {
  return defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: ({ version }) => {
      deployed.push(version);
      return `deployed ${version}`;
    },
  });
}

async function eventsOf(store: Store, id: string): Promise<Event[]> {
  const stored = await store.events.search(id, { order: "asc", limit: 1_000 });
  return stored.map(({ json }) => JSON.parse(json) as Event);
}

it("a crash while an observation is being stored shows nothing of it, nor of what the model made of it", async () => {
  const disk = memoryStore();
  const { store, die } = dyingStore(disk);
  const deployed: string[] = [];
  const shown: string[] = [];
  const asked = Promise.withResolvers<void>();
  const llm = scriptedLlm([
    call("deploy", { version: "1" }),
    ({ messages }) => {
      asked.resolve();
      expect(JSON.stringify(messages)).toContain("deployed 1");
      return call("deploy", { version: "2" });
    },
  ]);
  const options = { clock, leakCheck: false, llm };
  const first = await createTestServer({ ...options, store, tools: [deployTool(deployed)] });
  disk.relay.follow(ID, (frame) => {
    if ("text" in frame) shown.push(frame.text);
  });
  await first.start("Go.", { conversation_id: ID });
  await asked.promise;
  await new Promise((done) => setTimeout(done, 20));
  const before = await eventsOf(disk, ID);
  expect(before.filter(({ kind }) => kind === "ActionEvent")).toHaveLength(1);
  expect(shown.filter((text) => text.includes("deployed 1"))).toEqual([]);
  expect(shown.filter((text) => text.includes("ActionEvent"))).toHaveLength(1);
  expect(deployed).toEqual(["1"]);
  await die();
  await expect.poll(() => shown.some((text) => text.includes("StoreUnavailable"))).toBe(true);
  expect(shown.filter((text) => text.includes("deployed 1"))).toEqual([]);
  expect(await eventsOf(disk, ID)).toEqual(before);

  const words = scriptedLlm(() => say("Going on."));
  await using second = await createTestServer({
    ...options,
    llm: words,
    store: disk,
    tools: [deployTool(deployed)],
  });
  await (await second.conversations.open(ID)).sendMessage("Go on.");
  await expect.poll(async () => (await second.conversations.get(ID)).execution_status).toBe("finished");
  const answers = (await eventsOf(disk, ID)).filter((event) => "tool_call_id" in event);
  expect(answers.map(({ kind }) => kind)).toEqual(["ActionEvent", "AgentErrorEvent"]);
  expect(deployed).toEqual(["1"]);
});
