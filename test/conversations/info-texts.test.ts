import { expect, it } from "vitest";
import { InfoTexts } from "../../src/conversations/info-texts.ts";
import type { ConversationRecord } from "../../src/stores/store.ts";
import type { ConversationInfo } from "../../src/wire/conversation.ts";

const RECORD: ConversationRecord = {
  id: "11111111-0000-4000-8000-000000000000",
  createdAt: "2026-01-01T00:00:00.000000Z",
  updatedAt: "2026-01-01T00:00:00.000000Z",
  status: "idle",
  title: null,
  parentId: null,
  createdBy: null,
  leafEventId: null,
  childIds: ["a", "b"],
  documents: { state: "{}", stats: "{}" },
  eventCount: 2,
};

const CHANGES: Partial<ConversationRecord>[] = [
  { updatedAt: "2026-01-01T00:00:00.000001Z" },
  { status: "running" },
  { title: "New" },
  { leafEventId: "e" },
  { childIds: ["a"] },
  { childIds: ["a", "c"] },
  { documents: { state: "{}", stats: '{"a":1}' } },
  { eventCount: 3 },
];

/** Texts, and how often an info was made for them. */
function open() {
  const texts = new InfoTexts();
  const made: string[] = [];
  const read = (record: ConversationRecord, size = 0) =>
    texts.textOf(record, ({ id, title }) => {
      made.push(id);
      return { id, title, filling: "x".repeat(size) } as unknown as ConversationInfo;
    });
  return { read, made };
}

it("makes the text of a record that is read again once", () => {
  const { read, made } = open();
  const first = read(RECORD);
  expect(JSON.parse(first)).toMatchObject({ id: RECORD.id, title: null });
  expect(read({ ...RECORD, childIds: [...RECORD.childIds], documents: { ...RECORD.documents } })).toBe(first);
  expect(made).toHaveLength(1);
});

it.each(CHANGES)("makes the text again after a change: %o", (change) => {
  const { read, made } = open();
  read(RECORD);
  read({ ...RECORD, ...change });
  expect(made).toHaveLength(2);
  read(RECORD);
  expect(made).toHaveLength(3);
});

it("keeps a few million characters, and of those the last that were read", () => {
  const { read, made } = open();
  const records = Array.from({ length: 5 }, (_, index) => ({ ...RECORD, id: String(index) }));
  const [first, second] = records as [ConversationRecord, ConversationRecord];
  const size = 1_000_000;
  for (const record of records.slice(0, 4)) read(record, size);
  read(first, size);
  read(records[4] as ConversationRecord, size);
  expect(made).toHaveLength(5);
  read(first, size);
  expect(made).toHaveLength(5);
  read(second, size);
  expect(made).toHaveLength(6);
});

it("passes an error on, and keeps nothing for it", () => {
  const { read, made } = open();
  const texts = new InfoTexts();
  const fail = () => {
    throw new Error("damaged");
  };
  expect(() => texts.textOf(RECORD, fail)).toThrow("damaged");
  expect(() => texts.textOf(RECORD, fail)).toThrow("damaged");
  read(RECORD);
  expect(made).toHaveLength(1);
});
