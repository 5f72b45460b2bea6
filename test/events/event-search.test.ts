import { beforeEach, describe, expect, test } from "vitest";
import { countEvents, getEvent, getEvents, searchEvents } from "../../src/events/event-search.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Store, StoredEvent } from "../../src/stores/store.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const time = "2026-01-01T00:00:00.000000";
let store: Store;

beforeEach(async () => {
  store = memoryStore();
  const header = { createdAt: time, updatedAt: time, status: "idle", title: null, parentId: null } as const;
  const create = { ...header, leafEventId: null };
  await store.commit({ conversationId: ID, create, events: [...Array(7).keys()].map(event) });
});

/** Messages at 0, 3 and 6, pauses between. */
function event(seq: number): StoredEvent {
  const kind = seq % 3 === 0 ? "MessageEvent" : "PauseEvent";
  const own = kind === "MessageEvent" ? { llm_message: { role: "user", content: [] } } : {};
  const json = JSON.stringify({ id: `event-${seq}`, timestamp: time, source: "user", ...own, kind });
  const body = kind === "MessageEvent" ? `message ${seq}` : null;
  return { seq, id: `event-${seq}`, kind, source: "user", timestamp: time, body, json };
}

async function page(search: Partial<Parameters<typeof searchEvents>[2]>) {
  const parsed = JSON.parse(await searchEvents(store, ID, { limit: 100, ...search }));
  return [parsed.items.map((item: { id: string }) => Number(item.id.slice(6))), parsed.next_page_id];
}

describe("searchEvents", () => {
  test("gives stored texts as they are", async () => {
    const text = await searchEvents(store, ID, { limit: 2 });
    expect(text).toBe(`{"items":[${event(0).json},${event(1).json}],"next_page_id":"event-2"}`);
  });

  test("names the next match as the next page, and null when there is none", async () => {
    expect(await page({ kind: "MessageEvent", limit: 2 })).toEqual([[0, 3], "event-6"]);
    expect(await page({ kind: "MessageEvent", limit: 2, pageId: "event-6" })).toEqual([[6], null]);
    expect(await page({ limit: 7 })).toEqual([[0, 1, 2, 3, 4, 5, 6], null]);
  });

  test("pages backwards", async () => {
    const sortOrder = "TIMESTAMP_DESC";
    expect(await page({ sortOrder, limit: 3 })).toEqual([[6, 5, 4], "event-3"]);
    expect(await page({ sortOrder, limit: 3, pageId: "event-3" })).toEqual([[3, 2, 1], "event-0"]);
  });

  test("starts again when the page is unknown", async () => {
    expect(await page({ pageId: "nowhere", limit: 1 })).toEqual([[0], "event-1"]);
  });

  test("takes a kind by its name or its full path, and no other path", async () => {
    const module = "openhands.sdk.event.llm_convertible.message";
    expect(await page({ kind: `${module}.MessageEvent` })).toEqual([[0, 3, 6], null]);
    expect(await page({ kind: "openhands.sdk.event.message.MessageEvent" })).toEqual([[], null]);
    expect(await page({ kind: `${module}.constructor` })).toEqual([[], null]);
    expect(await page({ kind: "Unknown" })).toEqual([[], null]);
  });

  test("is empty for a conversation without events", async () => {
    expect(await searchEvents(store, "other", { limit: 1 })).toBe('{"items":[],"next_page_id":null}');
  });
});

test("countEvents counts what searchEvents finds", async () => {
  expect(await countEvents(store, ID, {})).toBe(7);
  expect(await countEvents(store, ID, { kind: "openhands.sdk.event.user_action.PauseEvent" })).toBe(4);
  expect(await countEvents(store, ID, { kind: "wrong.PauseEvent" })).toBe(0);
  expect(await countEvents(store, ID, { body: "MESSAGE 3" })).toBe(1);
});

describe("getEvent", () => {
  test("fills null keys in, in the wire's order", async () => {
    const text = await getEvent(store, ID, "event-1");
    expect(text).toBe(
      `{"id":"event-1","timestamp":"${time}","source":"user","parent_id":null,"kind":"PauseEvent"}`,
    );
    const message = JSON.parse((await getEvent(store, ID, "event-0")) ?? "");
    expect(message).toMatchObject({ sender: null, activated_skills: [], llm_message: { tool_calls: null } });
  });

  test("gives an event it does not understand as it is stored", async () => {
    const json = '{"id":"odd","kind":"FutureEvent","value":null}';
    await store.commit({
      conversationId: ID,
      events: [{ ...event(7), id: "odd", kind: "FutureEvent", json }],
    });
    expect(await getEvent(store, ID, "odd")).toBe(json);
  });

  test("knows no event of another conversation", async () => {
    expect(await getEvent(store, "other", "event-1")).toBeUndefined();
  });
});

test("getEvents gives an entry for each id, null for unknown ones", async () => {
  const found = JSON.parse(await getEvents(store, ID, ["event-2", "unknown", "event-0", "event-2"]));
  expect(found.map((item: { id: string } | null) => item?.id ?? null)).toEqual([
    "event-2",
    null,
    "event-0",
    "event-2",
  ]);
  expect(await getEvents(store, ID, [])).toBe("[]");
});
