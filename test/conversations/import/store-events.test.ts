import { expect, it } from "vitest";
import { storeEvents } from "../../../src/conversations/import/store-events.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { event, eventId, eventName } from "../../cli/reference-folder.ts";
import { memoryWorkspace } from "../../workspace/memory-workspace.ts";

const ID = "0a0b0c0d-0000-4000-8000-000000000001";
const HEADER = {
  createdAt: "2026",
  updatedAt: "2026",
  status: "idle",
  title: null,
  parentId: null,
  createdBy: null,
  leafEventId: null,
} as const;

it("the error in the place of an event has the time of the event before, also where an import goes on", async () => {
  const store = memoryStore();
  await store.commit({ conversationId: ID, create: HEADER, documents: {} });
  const texts = { [`/data/${eventName(0)}`]: event(0), [`/data/${eventName(1)}`]: "{" };
  const { files: disk } = memoryWorkspace({ workingDir: "/work", dataDir: "/data" }, { files: texts });
  const files = [0, 1].map((seq) => ({ path: `/data/${eventName(seq)}`, id: eventId(seq) }));
  await storeEvents({ id: ID, files: files.slice(0, 1), from: 0 }, { store, files: disk });
  await storeEvents({ id: ID, files, from: 1 }, { store, files: disk });
  const [last, before] = await store.events.search(ID, { order: "desc", limit: 2 });
  expect(JSON.parse(last?.json ?? "")).toMatchObject({ code: "DamagedEvent" });
  expect(last?.timestamp).toBe(before?.timestamp);
});
