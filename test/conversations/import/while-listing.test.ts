import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { importedFirst } from "../../../src/conversations/import/imported-first.ts";
import { Imports } from "../../../src/conversations/import/imports.ts";
import { silentLogger } from "../../../src/logger.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { memoryWorkspace } from "../../workspace/memory-workspace.ts";

const HERE = "0a0b0c0d-0000-4000-8000-000000000001";
const PENDING = "0a0b0c0d-0000-4000-8000-000000000002";
const UNKNOWN = "0a0b0c0d-0000-4000-8000-000000000003";
const HEADER = {
  createdAt: "2026",
  updatedAt: "2026",
  status: "idle",
  title: null,
  parentId: null,
  createdBy: null,
  leafEventId: null,
} as const;

it("while folders are listed, conversations that are here are read at once; others and lists wait", async () => {
  const stored = memoryStore();
  const mark = JSON.stringify({ isPending: true, folder: null, seen: "" });
  await stored.commit({ conversationId: HERE, create: HEADER, documents: {} });
  await stored.commit({ conversationId: PENDING, create: HEADER, documents: { import: mark } });
  const { promise: listed, resolve: finish } = Promise.withResolvers<null>();
  const { files } = memoryWorkspace({ workingDir: "/work", dataDir: "/data" });
  const imports = new Imports({
    store: stored,
    disk: Object.assign(Object.create(files), { stat: () => listed }),
    found: { folder: "/found", keepFiles: async () => [], hasEnded: () => false },
    logger: silentLogger,
    now: () => 0,
    ownFolder: (id) => `/found/${id}`,
    claim: async () => ({ fence: 1, release: async () => {} }),
  });
  const { conversations, events } = importedFirst(stored, imports);
  const starting = imports.start();

  expect(await conversations.find([HERE], [])).toMatchObject([{ id: HERE }]);
  expect(await events.count(HERE, {})).toBe(0);
  expect(await imports.isPending(HERE)).toBe(false);

  const waiting = [
    conversations.find([PENDING], []),
    conversations.find([HERE, UNKNOWN], []),
    conversations.search({ sortOrder: "CREATED_AT", limit: 10, documents: [] }),
    conversations.count(),
  ];
  const isAnswered = waiting.map(() => false);
  const answers = waiting.map(async (answer, index) => {
    await answer;
    isAnswered[index] = true;
  });
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  expect(isAnswered).toEqual([false, false, false, false]);
  finish(null);
  await Promise.all([starting, ...answers]);
  expect(isAnswered).toEqual([true, true, true, true]);
});
