import { beforeEach, describe, expect, test } from "vitest";
import { EventReader } from "../../src/events/event-reader.ts";
import type { EventSearch } from "../../src/events/event-search.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Store, StoredEvent } from "../../src/stores/store.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const time = "2026-01-01T00:00:00.000000";
let store: Store;
let reader: EventReader;

beforeEach(async () => {
  store = memoryStore();
  reader = new EventReader(store);
  const header = {
    createdAt: time,
    updatedAt: time,
    status: "idle",
    title: null,
    parentId: null,
    createdBy: null,
  } as const;
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

async function page(search: EventSearch) {
  const { items, next_page_id } = await reader.search(ID, search);
  expect(await reader.searchJson(ID, search)).toBe(JSON.stringify({ items, next_page_id }));
  return [items.map((item) => Number(item.id.slice(6))), next_page_id];
}

describe("a search", () => {
  test("gives stored texts as they are", async () => {
    const text = await reader.searchJson(ID, { limit: 2 });
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

  test("refuses a time that is not one, and a conversation that is unknown", async () => {
    await expect(reader.search(ID, { timestampGte: "soon" })).rejects.toThrow("Not a date and time: soon");
    await expect(reader.search("other")).rejects.toMatchObject({ code: "not_found" });
  });
});

test("a count is that of a search", async () => {
  expect(await reader.count(ID)).toBe(7);
  expect(await reader.count(ID, { kind: "openhands.sdk.event.user_action.PauseEvent" })).toBe(4);
  expect(await reader.count(ID, { kind: "wrong.PauseEvent" })).toBe(0);
  expect(await reader.count(ID, { body: "MESSAGE 3" })).toBe(1);
});

describe("one event", () => {
  test("fills null keys in, in the wire's order", async () => {
    const text = await reader.getJson(ID, "event-1");
    expect(text).toBe(
      `{"id":"event-1","timestamp":"${time}","source":"user","parent_id":null,"kind":"PauseEvent"}`,
    );
    const message = JSON.parse(await reader.getJson(ID, "event-0"));
    expect(message).toMatchObject({ sender: null, activated_skills: [], llm_message: { tool_calls: null } });
  });

  test("gives an event it does not understand as it is stored", async () => {
    const json = '{"id":"odd","kind":"FutureEvent","value":null}';
    await store.commit({
      conversationId: ID,
      events: [{ ...event(7), id: "odd", kind: "FutureEvent", json }],
    });
    expect(await reader.getJson(ID, "odd")).toBe(json);
  });

  test("is an object in process, and unknown ones are refused", async () => {
    expect(await reader.get(ID, "event-1")).toEqual(JSON.parse(event(1).json));
    await expect(reader.get(ID, "nowhere")).rejects.toThrow("Not Found");
  });
});

test("several events have an entry for each id, null for unknown ones", async () => {
  const ids = ["event-2", "unknown", "event-0", "event-2"];
  const texts = JSON.parse(await reader.getManyJson(ID, ids));
  const found = ["event-2", null, "event-0", "event-2"];
  expect(texts.map((item: { id: string } | null) => item?.id ?? null)).toEqual(found);
  expect((await reader.getMany(ID, ids)).map((item) => item?.id ?? null)).toEqual(found);
  expect(await reader.getManyJson(ID, [])).toBe("[]");
});

describe("long events", () => {
  const MEBI = 1024 * 1024;

  async function append(first: number, lengths: readonly number[]): Promise<void> {
    const events = lengths.map((length, index) => {
      const long = event(first + index);
      return { ...long, json: `${long.json.slice(0, -1)},"sender":"${"x".repeat(length)}"}` };
    });
    await store.commit({ conversationId: ID, events });
  }

  async function walk(search: EventSearch): Promise<number[][]> {
    const pages: number[][] = [];
    let pageId: string | undefined;
    do {
      const { items, next_page_id } = await reader.search(ID, { ...search, pageId });
      pages.push(items.map((item) => Number(item.id.slice(6))));
      pageId = next_page_id ?? undefined;
    } while (pageId !== undefined);
    return pages;
  }

  test("end a page early, and one that is longer than a page stands alone; none is left out", async () => {
    await append(7, [10 * MEBI, 5 * MEBI, 2 * MEBI, 17 * MEBI, 1, 17 * MEBI]);
    expect(await walk({ limit: 100 })).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8], [9], [10], [11], [12]]);
    expect(await walk({ limit: 100, sortOrder: "TIMESTAMP_DESC" })).toEqual([
      [12],
      [11],
      [10],
      [9, 8],
      [7, 6, 5, 4, 3, 2, 1, 0],
    ]);
    expect(await walk({ limit: 1, kind: "MessageEvent" })).toEqual([[0], [3], [6], [9], [12]]);
  });

  test("are refused together in a batch, and given one by one", async () => {
    await append(7, [10 * MEBI, 10 * MEBI, 17 * MEBI]);
    await expect(reader.getManyJson(ID, ["event-7", "event-8"])).rejects.toMatchObject({
      code: "unprocessable",
      detail: "These 2 events are longer than 16777216 characters together: ask for fewer at a time",
    });
    expect(await reader.getMany(ID, ["event-9"])).toMatchObject([{ id: "event-9" }]);
    expect(await reader.get(ID, "event-9")).toMatchObject({ id: "event-9" });
  });
});
