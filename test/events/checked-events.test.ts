import { expect, it } from "vitest";
import { DamageLog } from "../../src/conversations/record/damage/damage-log.ts";
import { readableStore } from "../../src/conversations/record/damage/readable-store.ts";
import { CheckedEvents } from "../../src/events/checked-events.ts";
import { readableEvents } from "../../src/events/readable-events.ts";
import { silentLogger } from "../../src/logger.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { EventStore, StoredEvent } from "../../src/stores/store.ts";

const LIMIT = 262_144;

it("remembers places one by one, in any order", () => {
  const checked = new CheckedEvents();
  for (const seq of [9, 0, 70_000, 7]) checked.add("a", seq);
  expect([0, 7, 9, 70_000].every((seq) => checked.has("a", seq))).toBe(true);
  expect([1, 6, 8, 10, 69_999, 70_001].some((seq) => checked.has("a", seq))).toBe(false);
  expect(checked.has("b", 0)).toBe(false);
});

it("never remembers a place that no log reaches, nor one past its bound", () => {
  const checked = new CheckedEvents();
  const places = [-5, -1, 0.5, Number.NaN, LIMIT, 2 ** 32, Number.MAX_SAFE_INTEGER];
  for (const seq of places) checked.add("a", seq);
  expect(places.some((seq) => checked.has("a", seq))).toBe(false);
  checked.add("a", LIMIT - 1);
  expect(checked.has("a", LIMIT - 1)).toBe(true);
});

it("forgets the first conversation when there are too many", () => {
  const checked = new CheckedEvents();
  for (let index = 0; index < 257; index += 1) checked.add(String(index), 3);
  expect(checked.has("0", 3)).toBe(false);
  expect(checked.has("1", 3)).toBe(true);
  expect(checked.has("256", 3)).toBe(true);
});

it("forgets a conversation that is removed: another one may get its id", async () => {
  const store = memoryStore();
  let rows = [row(0, JSON.stringify({ id: "0", timestamp: "t", source: "user", kind: "PauseEvent" }))];
  const stored = { ...store.events, search: async () => rows };
  const remove = (id: string) => store.remove(id);
  const readable = readableStore({ ...store, events: stored, remove }, new DamageLog(silentLogger));
  const read = async () => {
    const [first] = await readable.events.search("a", { order: "asc", limit: 1 });
    return JSON.parse(first?.json ?? "").kind;
  };
  expect(await read()).toBe("PauseEvent");
  await readable.remove("a");
  rows = [row(0, JSON.stringify({ kind: "PauseEvent" }))];
  expect(await read()).toBe("ConversationErrorEvent");
});

it("an event that can be read is parsed once, a damaged one is reported each time it is read", async () => {
  const rows = [
    row(0, JSON.stringify({ id: "0", timestamp: "t", source: "user", kind: "PauseEvent" })),
    row(1, "{"),
  ];
  const stored = { ...memoryStore().events, search: async () => rows.map((each) => ({ ...each })) };
  const damaged: number[] = [];
  const events: EventStore = readableEvents(stored, (_, { seq }) => void damaged.push(seq));
  const read = async () => (await events.search("a", { order: "asc", limit: 2 })).map(({ json }) => json);
  const [first, second] = await read();
  expect(JSON.parse(second ?? "")).toMatchObject({ code: "DamagedEvent" });
  const parse = JSON.parse;
  const parsed: string[] = [];
  JSON.parse = (text: string) => {
    parsed.push(text);
    return parse(text);
  };
  try {
    expect(await read()).toEqual([first, second]);
  } finally {
    JSON.parse = parse;
  }
  expect(parsed).toEqual(["{"]);
  expect(damaged).toEqual([1, 1]);
});

function row(seq: number, json: string): StoredEvent {
  return { seq, id: String(seq), kind: "PauseEvent", source: "user", timestamp: "t", body: null, json };
}
