import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { call, say } from "agent-server/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Logger } from "../../src/logger.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { conversationInfo } from "../../src/wire/conversation.ts";
import { event } from "../../src/wire/events/events.ts";
import { send, start, until } from "../conversations/open-manager.ts";
import type { MemorySocket } from "../streams/memory-socket.ts";
import { type HttpBench, openHttp } from "./open-http.ts";

const SICK = "aaaaaaaa-0000-4000-8000-000000000000";
const WELL = "bbbbbbbb-0000-4000-8000-000000000000";
/** Damages a row of the sick conversation `$key`. */
const key = `(SELECT key FROM conversations WHERE id = '${SICK}')`;
const WRONG_SHAPES = ["'{'", "'null'", "'[]'", "'{}'", `'{"kind":7,"workspace":[],"llm":null}'`];
const WRONG_TEXTS = ["''", "'☠'", "'9999-99-99T99:99:99Z'"];
const WRONG_NUMBERS = ["-5", "0", "1000", "9223372036854775807"];

const DOCUMENTS = ["config", "agent", "shown_agent", "secrets", "state", "stats", "calls", "tool:echo"];
const damages = [
  ...DOCUMENTS.flatMap((name) => [
    ...WRONG_SHAPES.map(
      (json) => `UPDATE documents SET json = ${json} WHERE conversation = ${key} AND name = '${name}'`,
    ),
    `DELETE FROM documents WHERE conversation = ${key} AND name = '${name}'`,
    `UPDATE documents SET name = 'x' || name WHERE conversation = ${key} AND name = '${name}'`,
    `UPDATE documents SET conversation = 9223372036854775807 WHERE conversation = ${key} AND name = '${name}'`,
  ]),
  ...[
    "id",
    "created_at",
    "updated_at",
    "status",
    "title",
    "parent_id",
    "created_by",
    "leaf_event_id",
    "reached",
  ]
    .flatMap((column) => WRONG_TEXTS.map((value) => ({ column, value })))
    .map(({ column, value }) => `UPDATE conversations SET ${column} = ${value} WHERE id = '${SICK}'`),
  ...["key", "event_count", "last_late"]
    .flatMap((column) => WRONG_NUMBERS.map((value) => ({ column, value })))
    .map(({ column, value }) => `UPDATE conversations SET ${column} = ${value} WHERE id = '${SICK}'`),
  ...["id", "kind", "source", "timestamp", "reached", "body"]
    .flatMap((column) => WRONG_TEXTS.map((value) => ({ column, value })))
    .map(
      ({ column, value }) => `UPDATE events SET ${column} = ${value} WHERE conversation = ${key} AND seq = 3`,
    ),
  ...WRONG_NUMBERS.filter((value) => value !== "0").flatMap((value) => [
    `UPDATE events SET seq = ${value} WHERE conversation = ${key} AND seq = 3`,
    `UPDATE events SET conversation = ${value} WHERE conversation = ${key} AND seq = 3`,
  ]),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((seq) => [
    ...WRONG_SHAPES.map(
      (json) => `UPDATE events SET json = ${json} WHERE conversation = ${key} AND seq = ${seq}`,
    ),
    `DELETE FROM events WHERE conversation = ${key} AND seq = ${seq}`,
  ]),
  ...["'MessageEvent'", "'ActionEvent'", "'ObservationEvent'"].map(
    (kind) =>
      `UPDATE events SET json = json_object('id', id, 'timestamp', timestamp, 'source', source, 'kind', ${kind})
       WHERE conversation = ${key}`,
  ),
  `DELETE FROM events WHERE conversation = ${key}`,
  `INSERT INTO removed (conversation) VALUES (${key})`,
  "INSERT INTO removed (conversation) VALUES (9223372036854775807)",
];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "damage-"));
  const bench = openHttp({
    store: sqliteStore({ path: join(folder, "whole.db"), durability: "process" }),
    steps: [
      [call("echo", { text: "one" }), call("echo", { text: "two" })],
      say("Said by the sick."),
      say("Said by the well."),
    ].flat(),
  });
  for (const id of [SICK, WELL]) {
    await start(bench.manager, { conversation_id: id, tags: { a: "b" } });
    await send(bench.manager, id, "Go on.");
    await until(async () => (await bench.manager.get(id)).execution_status === "finished");
  }
  await close(bench);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function close({ manager, store }: HttpBench): Promise<void> {
  await manager.close();
  await store.close();
}

it.each(damages)("only what is damaged suffers: %s", async (damage) => {
  const path = join(folder, "damaged.db");
  copyFileSync(join(folder, "whole.db"), path);
  const database = new DatabaseSync(path);
  database.exec(damage);
  database.close();
  const logged: unknown[] = [];
  const log = (about: unknown) => void logged.push(about);
  const logger = { debug() {}, info() {}, warn: log, error: log } as unknown as Logger;
  const bench = openHttp({
    store: sqliteStore({ path, durability: "process" }),
    steps: () => say("Again."),
    logger,
  });
  try {
    await bench.manager.start();
    await expectOnlyTheSickToSuffer(bench, logged);
  } finally {
    await close(bench);
    rmSync(path, { force: true });
  }
});

async function expectOnlyTheSickToSuffer(bench: HttpBench, logged: unknown[]): Promise<void> {
  const listed = await expectLists(bench);
  await expectWell(bench);
  const { isShown, canRun } = await expectReadable(bench);
  expect(listed.includes(SICK)).toBe(isShown);
  if (!isShown || !canRun) expect(logged).not.toEqual([]);
  await expectVerbs(bench, canRun);

  const { status } = await bench.call("DELETE", `/api/conversations/${SICK}`);
  expect([200, 404, 400]).toContain(status);
  expect(await expectLists(bench)).not.toContain(SICK);
  expect((await bench.call("GET", `/api/conversations/${SICK}`)).status).toBe(404);
  await expectWell(bench);
}

/** Lists in pages of one and of all; what they show is valid, and the well one is among them. */
async function expectLists(bench: HttpBench): Promise<string[]> {
  const all = await bench.call("GET", "/api/conversations/search?include_skills=true");
  expect(all.status).toBe(200);
  const ids: string[] = [];
  let page: string | null = "";
  for (let pages = 0; page !== null; pages += 1) {
    expect(pages).toBeLessThan(4);
    const query = page === "" ? "" : `&page_id=${page}`;
    const { status, body } = await bench.call("GET", `/api/conversations/search?limit=1${query}`);
    expect(status).toBe(200);
    for (const item of body.items) {
      conversationInfo.parse(item);
      ids.push(item.id);
    }
    page = body.next_page_id;
  }
  expect(ids).toContain(WELL);
  expect((await bench.call("GET", "/api/conversations/count")).status).toBe(200);
  const batch = await bench.call("GET", `/api/conversations?ids=${SICK}&ids=${WELL}`);
  expect(batch.status).toBe(200);
  expect(batch.body[1].id).toBe(WELL);
  return ids;
}

async function expectWell(bench: HttpBench): Promise<void> {
  expect((await bench.call("GET", `/api/conversations/${WELL}`)).status).toBe(200);
  const { body } = await bench.call("GET", `/api/conversations/${WELL}/events/search`);
  expect(body.items.map((item: unknown) => event.parse(item).kind)).toContain("SystemPromptEvent");
  expect(body.items.every(({ code }: { code?: string }) => code !== "DamagedEvent")).toBe(true);
}

/** Events can be read whether or not the conversation itself can be shown and run, and each is valid. */
async function expectReadable(bench: HttpBench): Promise<{ isShown: boolean; canRun: boolean }> {
  const base = `/api/conversations/${SICK}`;
  const { status, body } = await bench.call("GET", base);
  if (status === 500) expect(body.exception).toMatch(/is damaged in the store \(/);
  else expect([200, 404]).toContain(status);
  if (status === 200) conversationInfo.parse(body);
  if (status === 404) return { isShown: false, canRun: false };
  for (const order of ["TIMESTAMP", "TIMESTAMP_DESC"]) {
    const page = await bench.call("GET", `${base}/events/search?sort_order=${order}`);
    expect(page.status).toBe(200);
    const ids = page.body.items.map((item: unknown) => event.parse(item).id);
    const batch = await bench.call("GET", `${base}/events`, ids);
    expect(batch.status).toBe(200);
    for (const item of batch.body) if (item !== null) event.parse(item);
  }
  for (const path of [
    "/events/count",
    "/agent_final_response",
    "/events/search?timestamp__gte=2020-01-01T00:00:00",
  ]) {
    expect((await bench.call("GET", base + path)).status).toBe(200);
  }
  const socket = (await bench.connect(`/sockets/events/${SICK}?resend_mode=all`)) as MemorySocket;
  await until(() => socket.frames.length > 0);
  const [first, ...history] = socket.frames.map((frame) => JSON.parse(frame));
  const canRun = first.kind === "ConversationStateUpdateEvent";
  if (!canRun) expect(first).toMatchObject({ kind: "ServerErrorEvent", code: "DamagedConversation" });
  for (const frame of history) event.parse(frame);
  expect(socket.closed).toBe(null);
  socket.close();
  return { isShown: status === 200, canRun };
}

async function expectVerbs(bench: HttpBench, canRun: boolean): Promise<void> {
  const base = `/api/conversations/${SICK}`;
  const verbs: [string, string, unknown?][] = [
    ["POST", "/events", { role: "user", content: [{ type: "text", text: "Again" }], run: true }],
    ["POST", "/pause"],
    ["PATCH", "", { title: "New" }],
    ["POST", "/secrets", { secrets: { A: "b" } }],
    ["POST", "/run"],
    ["POST", "/interrupt"],
  ];
  for (const [method, path, body] of verbs) {
    const answer = await bench.call(method, base + path, body);
    if (answer.status === 500) expect(answer.body.exception).toMatch(/is damaged in the store \(/);
    else expect([200, 400, 404, 409]).toContain(answer.status);
    if (canRun && path === "/events") {
      expect(answer.status).toBe(200);
      await until(async () => (await bench.store.conversations.find([SICK], []))[0]?.status !== "running");
    }
  }
}
