import { expect, it } from "vitest";
import { branchSpans, branchUpwards, eventsIn } from "../../src/events/branch.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { StoredEvent } from "../../src/stores/store.ts";

const ID = "00000000-0000-4000-8000-000000000001";

/** An event as `id < parent`; without a parent where older servers wrote none. */
type Line = string;

/** Stores a log, one event a line. A line may end with a kind, or with the events that it forgets. */
async function logOf(lines: readonly Line[]) {
  const store = memoryStore();
  const header = { createdAt: "2026", updatedAt: "2026", status: "idle", title: null } as const;
  await store.commit({
    conversationId: ID,
    create: { ...header, parentId: null, createdBy: null, leafEventId: null },
    events: lines.map(toStored),
  });
  return store.events;
}

function toStored(line: Line, seq: number): StoredEvent {
  const [, id = "", parent, kind = "MessageEvent", forgotten] =
    /^(\w+)(?: < (\w+))?(?: (\w+Event|Condensation))?(?: -(\w+))?$/.exec(line) ?? [];
  const event = {
    id,
    timestamp: "2026",
    source: "user",
    ...(parent !== undefined && { parent_id: parent }),
    ...(forgotten !== undefined && { forgotten_event_ids: [forgotten], llm_response_id: "" }),
    kind,
  };
  return { seq, id, kind, source: "user", timestamp: "2026", body: null, json: JSON.stringify(event) };
}

/** The ids of a branch, read up and then down again, which must agree. */
async function branchOf(lines: readonly Line[], leafId: string | null, pageSize = 3): Promise<string[]> {
  const events = await logOf(lines);
  const up: string[] = [];
  for await (const { event } of branchUpwards({ events, conversationId: ID, leafId, pageSize })) {
    up.push(event.id);
  }
  const spans = await branchSpans({ events, conversationId: ID, leafId, pageSize });
  const down: string[] = [];
  for await (const page of eventsIn({ events, conversationId: ID, pageSize }, spans)) {
    down.push(...page.map(({ id }) => id));
  }
  expect(down).toEqual(up.toReversed());
  return down;
}

const TREE = ["a", "b < a", "c < b", "d < b", "e < d", "f < c", "g < __root__", "h < g", "i < f"];

it("a branch is the event and its parents, the first first", async () => {
  expect(await branchOf(TREE, "i")).toEqual(["a", "b", "c", "f", "i"]);
  expect(await branchOf(TREE, "e")).toEqual(["a", "b", "d", "e"]);
  expect(await branchOf(TREE, "b")).toEqual(["a", "b"]);
});

it("a branch that was begun before the first event ends there", async () => {
  expect(await branchOf(TREE, "h")).toEqual(["g", "h"]);
});

it("the branch before the first event, and that of an unknown one, are empty", async () => {
  expect(await branchOf(TREE, null)).toEqual([]);
  expect(await branchOf(TREE, "nowhere")).toEqual([]);
});

it("events without a parent follow the one before them, as older servers wrote them", async () => {
  expect(await branchOf(["a", "b", "c", "d", "e < c"], "d")).toEqual(["a", "b", "c", "d"]);
  expect(await branchOf(["a", "b", "c", "d", "e < c"], "e")).toEqual(["a", "b", "c", "e"]);
});

it("state updates are on no branch, unless HEAD was moved to one", async () => {
  const update = "ConversationStateUpdateEvent";
  const lines = ["a", `s < a ${update}`, "b < a", `t < b ${update}`, "c < t"];
  expect(await branchOf(lines, "b")).toEqual(["a", "b"]);
  expect(await branchOf(lines, "c")).toEqual(["a", "b", "t", "c"]);
});

it("an event whose parent is lost follows the one before it", async () => {
  expect(await branchOf(["a", "b < a", "c < lost", "d < c"], "d", 1)).toEqual(["a", "b", "c", "d"]);
});

it("parents that go round in a circle end", async () => {
  expect(await branchOf(["a < c", "b < a", "c < b"], "c")).toEqual(["a", "b", "c"]);
});

it("what keeps a message from the agent stays with the message, also where the branch ends between them", async () => {
  const lines = ["a", "m < a", "k < m Condensation -m", "n < k", "o < m"];
  expect(await branchOf(lines, "n")).toEqual(["a", "m", "k", "n"]);
  expect(await branchOf(lines, "m")).toEqual(["a", "m", "k"]);
  expect(await branchOf(lines, "o")).toEqual(["a", "m", "k", "o"]);
});

it("a branch is read from its end, and no further than it is asked", async () => {
  const events = await logOf([...Array(1_000).keys()].map((n) => (n === 0 ? "e0" : `e${n} < e${n - 1}`)));
  let read = 0;
  const counted: typeof events = {
    ...events,
    search: async (id, query) => {
      const page = await events.search(id, query);
      read += page.length;
      return page;
    },
  };
  for await (const { event } of branchUpwards({
    events: counted,
    conversationId: ID,
    leafId: "e999",
    pageSize: 10,
  })) {
    if (event.id === "e985") break;
  }
  expect(read).toBe(20);
});
