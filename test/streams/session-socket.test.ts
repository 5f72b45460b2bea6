import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import type { ConversationManager } from "../../src/conversations/conversation-manager.ts";
import {
  attach,
  Gate,
  logOf,
  openManager,
  send,
  serveSession,
  start,
  until,
  waitFor,
} from "../conversations/open-manager.ts";
import { framesOf, framesOfType, seqsOf, untilSent } from "./session-frames.ts";

it("begins with sync, which is empty for an empty log, then the state, which is not stored", async () => {
  const { manager } = openManager();
  const id = await start(manager, { tags: { team: "x" } });
  const socket = serveSession(manager, id);
  await untilSent(socket, "transient", 1);
  expect(framesOf(socket)).toEqual([
    { type: "sync" },
    { type: "transient", event: expect.objectContaining({ key: "full_state" }) },
  ]);
  expect(JSON.stringify(framesOf(socket))).not.toContain("null");
  expect(await logOf(manager, id)).toEqual([]);
});

it("sends the whole log behind -1, what is behind a place, and nothing of the past without one", async () => {
  const { manager } = openManager({ steps: [say("Hello.")] });
  const id = await start(manager);
  await said(manager, id, "hi");
  const log = await logOf(manager, id);
  const last = log.length - 1;

  const whole = serveSession(manager, id, -1);
  await untilSent(whole, "transient", 1);
  expect(framesOf(whole)[0]).toEqual({ type: "sync", from_seq: -1, through_seq: last });
  expect(framesOfType(whole, "durable")).toEqual(log.map((event, seq) => ({ type: "durable", seq, event })));
  expect(framesOf(whole).at(-1)).toMatchObject({ type: "transient", event: { key: "full_state" } });

  const behind = serveSession(manager, id, last - 2);
  await untilSent(behind, "transient", 1);
  expect(seqsOf(behind)).toEqual([last - 1, last]);

  const live = serveSession(manager, id);
  await untilSent(live, "transient", 1);
  expect(framesOf(live).map(({ type }) => type)).toEqual(["sync", "transient"]);
  expect(framesOf(live)[0]).toEqual({ type: "sync", through_seq: last });
});

it("sends nothing of the past behind a place that the log has not reached, and goes on live", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  await send(manager, id, "first", false);
  const { length } = await logOf(manager, id);
  for (const after of [length - 1, length + 100, Number.MAX_SAFE_INTEGER]) {
    const socket = serveSession(manager, id, after);
    await untilSent(socket, "transient", 1);
    expect(seqsOf(socket)).toEqual([]);
    const before = (await logOf(manager, id)).length;
    await send(manager, id, "more", false);
    await until(async () => seqsOf(socket).length === (await logOf(manager, id)).length - before);
    expect(seqsOf(socket)[0]).toBe(before);
  }
});

it("has a state behind every run, which does not move the cursor", async () => {
  const { manager } = openManager({ steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  const socket = serveSession(manager, id, -1);
  await untilSent(socket, "transient", 1);
  await send(manager, id, "hi");
  await untilSent(socket, "transient", 2);
  await send(manager, id, "again");
  await untilSent(socket, "transient", 3);
  const log = await logOf(manager, id);
  await until(() => seqsOf(socket).length === log.length);
  expect(seqsOf(socket)).toEqual(log.map((_, seq) => seq));
  const keys = framesOfType(socket, "transient").map(({ event }) => "key" in event && event.key);
  expect(keys).toEqual(["full_state", "full_state", "full_state"]);
});

it("history and live events meet without a gap or a repetition, wherever a reader resumes", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const writing = written(manager, id, 200);
  const sockets = [];
  for (let round = 0; round < 20; round += 1) {
    const after = round % 2 === 0 ? -1 : Math.max(-1, (await manager.events.count(id)) - 2);
    sockets.push({ socket: serveSession(manager, id, after), after });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
  const total = await manager.events.count(id);
  for (const { socket, after } of sockets) {
    await until(() => seqsOf(socket).at(-1) === total - 1);
    expect(seqsOf(socket)).toEqual(
      Array.from({ length: total - after - 1 }, (_, index) => after + 1 + index),
    );
  }
});

it("a client's message is said to the agent, which runs; auth frames say nothing", async () => {
  const { manager } = openManager({ steps: [say("Answer.")] });
  const id = await start(manager);
  const socket = serveSession(manager, id);
  socket.receive({ type: "auth", session_api_key: "late" });
  await untilSent(socket, "transient", 1);
  socket.receive({ type: "auth", session_api_key: "late" });
  socket.receive({ role: "user", content: "Question?" });
  await untilSent(socket, "transient", 2);
  expect(framesOfType(socket, "error")).toEqual([]);
  expect(await manager.agentFinalResponse(id)).toBe("Answer.");
});

it("says in a frame what was wrong with one of the client, and stays open", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const socket = serveSession(manager, id);
  await untilSent(socket, "transient", 1);
  const frames = ["{", { content: "no role" }, { role: "assistant", content: "x" }, [1], new Uint8Array([1])];
  for (const frame of frames) socket.receive(frame);
  await untilSent(socket, "error", frames.length);
  expect(framesOfType(socket, "error").map(({ code }) => code)).toEqual([
    "JSONDecodeError",
    "ValidationError",
    "AssertionError",
    "ValidationError",
    "KeyError",
  ]);
  expect(Object.keys(framesOfType(socket, "error")[0] ?? {})).toEqual(["type", "code", "detail"]);
  expect(socket.closed).toBeNull();
  expect(await logOf(manager, id)).toEqual([]);
});

it("a message that finds no run to be had is stored, and a frame says so", async () => {
  const gate = new Gate();
  const { manager } = openManager({ steps: [waitFor(gate)], maxConcurrentRuns: 1 });
  const id = await start(manager);
  const socket = serveSession(manager, id, -1);
  await untilSent(socket, "transient", 1);
  await send(manager, await start(manager), "hold");
  await gate.reached;
  socket.receive({ role: "user", content: "hi" });
  await untilSent(socket, "error", 1);
  expect(framesOfType(socket, "error")[0]?.code).toBe("ConversationRunLimitExceeded");
  expect(framesOfType(socket, "durable").some(({ event }) => event.kind === "MessageEvent")).toBe(true);
  gate.open();
});

it("closes with 4004 for an unknown conversation, and when the conversation is removed", async () => {
  const { manager } = openManager();
  const unknown = serveSession(manager, crypto.randomUUID());
  await until(() => unknown.closed !== null);
  expect(unknown.closed).toEqual({ code: 4004, reason: "Conversation not found" });
  expect(unknown.frames).toEqual([]);

  const id = await start(manager);
  const socket = serveSession(manager, id);
  await untilSent(socket, "transient", 1);
  await manager.delete(id);
  await until(() => socket.closed !== null);
  expect(socket.closed).toEqual({ code: 4004, reason: "Conversation not found" });
});

it("closes with 1001 when the server closes", async () => {
  const { manager } = openManager();
  const socket = serveSession(manager, await start(manager));
  await untilSent(socket, "transient", 1);
  await manager.close();
  await until(() => socket.closed !== null);
  expect(socket.closed).toEqual({ code: 1001, reason: "Going away" });
});

it("shares the fifty places of a conversation with event sockets, and gives its place back", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  await Promise.all(Array.from({ length: 25 }, () => attach(manager, id)));
  const sockets = Array.from({ length: 25 }, () => serveSession(manager, id));
  await Promise.all(sockets.map((socket) => untilSent(socket, "transient", 1)));
  const full = { code: 1013, reason: "Too many connections for this conversation" };
  const refused = [serveSession(manager, id), await attach(manager, id)];
  await until(() => refused.every(({ closed }) => closed !== null));
  expect(refused.map(({ closed }) => closed)).toEqual([full, full]);

  sockets[0]?.close();
  await until(async () => {
    const next = serveSession(manager, id);
    await untilSent(next, "transient", 1);
    return next.closed === null;
  });
});

it("closes with 1011 when the conversation cannot be read", async () => {
  const { manager, store } = openManager();
  const id = await start(manager);
  const find = store.conversations.find;
  store.conversations.find = () => Promise.reject(new Error("the disk is gone"));
  const socket = serveSession(manager, id);
  await until(() => socket.closed !== null);
  expect(socket.closed).toEqual({ code: 1011, reason: "subscribe_failed" });
  store.conversations.find = find;
});

it("drops a reader that stands still past the bound; the others miss nothing, and it resumes where it was", async () => {
  const { manager } = openManager({ maxSocketLagBytes: 64 * 1024 });
  const id = await start(manager);
  const good = serveSession(manager, id, -1);
  const slow = serveSession(manager, id, -1);
  await Promise.all([untilSent(good, "transient", 1), untilSent(slow, "transient", 1)]);
  await send(manager, id, "first", false);
  await until(() => seqsOf(slow).length > 0);
  slow.stalled = true;
  const words = "x".repeat(100_000);
  for (let count = 0; count < 20; count += 1) await send(manager, id, words, false);
  await until(() => slow.closed !== null);
  expect(slow.closed).toEqual({ code: 1013, reason: "slow_consumer" });
  expect(good.closed).toBeNull();
  const total = await manager.events.count(id);
  await until(() => seqsOf(good).length === total);

  const cursor = seqsOf(slow).at(-1) ?? -1;
  const resumed = serveSession(manager, id, cursor);
  await until(() => seqsOf(resumed).at(-1) === total - 1);
  expect([...seqsOf(slow), ...seqsOf(resumed)]).toEqual(Array.from({ length: total }, (_, seq) => seq));
});

it("closes in the place of a frame of more than 4 MiB, and sends nothing behind it", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const live = serveSession(manager, id, -1);
  await untilSent(live, "transient", 1);
  await send(manager, id, "small", false);
  // 4 MiB in bytes, not in characters.
  await send(manager, id, "é".repeat(2.2 * 1024 * 1024), false);
  await send(manager, id, "behind", false);
  await until(() => live.closed !== null);
  expect(live.closed).toEqual({ code: 1013, reason: "frame_too_large" });
  const log = await logOf(manager, id);
  const large = log.findIndex((event) => JSON.stringify(event).length > 2 * 1024 * 1024);
  await until(() => seqsOf(live).at(-1) === large - 1);
  expect(seqsOf(live)).toEqual(Array.from({ length: large }, (_, seq) => seq));

  const replayed = serveSession(manager, id, -1);
  await until(() => replayed.closed !== null);
  expect(replayed.closed).toEqual({ code: 1013, reason: "frame_too_large" });
  expect(seqsOf(replayed).at(-1)).toBe(large - 1);

  const resumed = serveSession(manager, id, large);
  await untilSent(resumed, "transient", 1);
  expect(seqsOf(resumed)).toEqual(
    Array.from({ length: log.length - large - 1 }, (_, index) => large + 1 + index),
  );
  expect(resumed.closed).toBeNull();
});

it("drops a client that floods it with what it cannot use and reads no answer", async () => {
  const { manager } = openManager({ maxSocketLagBytes: 64 * 1024 });
  const socket = serveSession(manager, await start(manager));
  await untilSent(socket, "transient", 1);
  socket.stalled = true;
  for (let count = 0; count < 1_000; count += 1) socket.receive("no JSON");
  await until(() => socket.closed !== null);
  expect(socket.closed).toEqual({ code: 1013, reason: "slow_consumer" });
  expect(socket.bufferedAmount).toBeLessThan(256 * 1024);
});

it("shows a damaged event in its place, so that the places have no gap", async () => {
  const { manager, store } = openManager();
  const id = await start(manager);
  await send(manager, id, "hi", false);
  const search = store.events.search.bind(store.events);
  store.events.search = async (...query) =>
    (await search(...query)).map((row) => (row.seq === 0 ? { ...row, json: '{"id":' } : row));
  const fresh = openManager({ store });
  const socket = serveSession(fresh.manager, id, -1);
  await untilSent(socket, "transient", 1);
  expect(seqsOf(socket)[0]).toBe(0);
  for (const { event } of framesOfType(socket, "durable")) expect(event.kind).toEqual(expect.any(String));
});

async function said(manager: ConversationManager, id: string, words: string): Promise<void> {
  await send(manager, id, words);
  await until(async () => (await manager.get(id)).execution_status === "finished");
}

async function written(manager: ConversationManager, id: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await send(manager, id, `${index}`, false);
}
