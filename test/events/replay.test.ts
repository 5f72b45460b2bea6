import { expect, test } from "vitest";
import { type ReplayOptions, replay } from "../../src/events/replay.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { StoredEvent } from "../../src/stores/store.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const store = memoryStore();
const header = {
  createdAt: "",
  updatedAt: "",
  status: "idle",
  title: null,
  parentId: null,
  createdBy: null,
} as const;
const events = [...Array(10).keys()].map(event);
await store.commit({ conversationId: ID, create: { ...header, leafEventId: null }, events });

function event(seq: number): StoredEvent {
  const timestamp = `2026-01-01T00:00:0${seq}`;
  return { seq, id: `${seq}`, kind: "PauseEvent", source: "user", timestamp, body: null, json: `${seq}` };
}

async function pages(options: ReplayOptions) {
  const given: (readonly string[])[] = [];
  for await (const page of replay(store, ID, options)) given.push(page.map(({ json }) => json));
  return given;
}

test("gives the whole log in pages", async () => {
  const given = await pages({ untilSeq: 9, pageSize: 4 });
  expect(given).toEqual([
    ["0", "1", "2", "3"],
    ["4", "5", "6", "7"],
    ["8", "9"],
  ]);
});

test("stops at the last event asked for, though the log goes on", async () => {
  expect(await pages({ untilSeq: 3, pageSize: 3 })).toEqual([["0", "1", "2"], ["3"]]);
  expect(await pages({ untilSeq: -1 })).toEqual([]);
});

test("starts at a place", async () => {
  expect(await pages({ fromSeq: 7, untilSeq: 8, pageSize: 1 })).toEqual([["7"], ["8"]]);
  expect(await pages({ fromSeq: 9, untilSeq: 8 })).toEqual([]);
});

test("starts at a time", async () => {
  expect(await pages({ fromTimestamp: "2026-01-01T00:00:07", untilSeq: 8, pageSize: 2 })).toEqual([
    ["7", "8"],
  ]);
  expect(await pages({ fromTimestamp: "2027", untilSeq: 9 })).toEqual([]);
});

test("ends a page early when its texts are long, and leaves nothing out", async () => {
  expect(await pages({ untilSeq: 9, pageSize: 8, maxLength: 2 })).toEqual([
    ["0", "1", "2"],
    ["3", "4", "5"],
    ["6", "7", "8"],
    ["9"],
  ]);
});
