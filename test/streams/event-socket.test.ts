import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import type { ConversationManager } from "../../src/conversations/conversation-manager.ts";
import {
  attach,
  Gate,
  logOf,
  openManager,
  send,
  serve,
  settled,
  start,
  until,
  waitFor,
} from "../conversations/open-manager.ts";
import type { MemorySocket } from "./memory-socket.ts";

it("greets with full_state: secrets hidden, nulls left out, not stored", async () => {
  const { manager } = openManager();
  const id = await start(manager, { tags: { team: "x" } });
  const socket = await attach(manager, id);
  const [event] = socket.events;
  expect(event).toMatchObject({
    kind: "ConversationStateUpdateEvent",
    source: "environment",
    key: "full_state",
  });
  const state = event?.value as Record<string, unknown>;
  expect(Object.keys(state)).toEqual([
    "id",
    "agent",
    "workspace",
    "persistence_dir",
    "max_iterations",
    "stuck_detection",
    "execution_status",
    "confirmation_policy",
    "activated_knowledge_skills",
    "activated_path_rules",
    "invoked_skills",
    "blocked_actions",
    "blocked_messages",
    "head_is_empty",
    "stats",
    "secret_registry",
    "tags",
    "agent_state",
  ]);
  expect(state).toMatchObject({ id, agent: { llm: { api_key: "**********" } }, tags: { team: "x" } });
  expect(await logOf(manager, id)).toEqual([]);
});

it("closes with 4004 for an unknown conversation and 1013 for one socket too many", async () => {
  const { manager } = openManager();
  const unknown = await attach(manager, crypto.randomUUID());
  expect(unknown.closed).toEqual({ code: 4004, reason: "Conversation not found" });

  const id = await start(manager);
  const sockets = await Promise.all(Array.from({ length: 50 }, () => attach(manager, id)));
  const refused = await attach(manager, id);
  expect(refused.closed).toEqual({ code: 1013, reason: "Too many connections for this conversation" });

  sockets[0]?.close();
  await until(async () => (await attach(manager, id)).closed === null);
});

it("resends everything, or what is not older than a moment, in log order", async () => {
  const { manager } = openManager({ steps: [say("Hello.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "hi");
  await settled(socket);
  const log = await logOf(manager, id);

  const all = await attach(manager, id, { resend: "all" });
  await until(() => all.frames.length === log.length + 1);
  expect(all.events.slice(1)).toEqual(log);

  const from = log.findIndex(({ kind }) => kind === "MessageEvent");
  const since = await attach(manager, id, { resend: "since", after: String(log[from]?.timestamp) });
  await until(() => since.frames.length === log.length - from + 1);
  expect(since.events.slice(1)).toEqual(log.slice(from));

  const without = await attach(manager, id, { resend: "since" });
  expect(without.frames).toHaveLength(1);
});

it("history and live events meet without a gap or a repetition, whenever a socket comes", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const writing = write(manager, id, 300);
  const sockets: MemorySocket[] = [];
  for (let round = 0; round < 20; round += 1) {
    sockets.push(serve(manager, id, { resend: "all" }));
    await new Promise((resolve) => setTimeout(resolve, round % 3));
  }
  await writing;
  const total = await manager.events.count(id);
  const expected = sockets[0];
  await until(() => sockets.every(({ frames }) => frames.length > total));
  for (const socket of sockets) {
    const ids = socket.events.slice(1).map((event) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(total);
    expect(ids).toEqual(expected?.events.slice(1).map((event) => event.id));
  }
});

it("a client's message is said to the agent, which runs; auth frames say nothing", async () => {
  const { manager } = openManager({ steps: [say("Answer.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  socket.receive({ type: "auth", session_api_key: "late" });
  socket.receive({ role: "user", content: "Question?" });
  await settled(socket);
  expect(socket.story.filter((line) => line === "MessageEvent")).toHaveLength(2);
  expect(await manager.agentFinalResponse(id)).toBe("Answer.");
});

it("tells what was wrong with a frame and stays open", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const socket = await attach(manager, id);
  const frames = ["{", { content: "no role" }, { role: "assistant", content: "x" }, [1], new Uint8Array([1])];
  for (const frame of frames) socket.receive(frame);
  await until(() => socket.frames.length === frames.length + 1);
  expect(socket.events.slice(1).map(({ kind, code }) => [kind, code])).toEqual([
    ["ServerErrorEvent", "JSONDecodeError"],
    ["ServerErrorEvent", "ValidationError"],
    ["ServerErrorEvent", "AssertionError"],
    ["ServerErrorEvent", "ValidationError"],
    ["ServerErrorEvent", "KeyError"],
  ]);
  expect(socket.closed).toBeNull();
  expect(await logOf(manager, id)).toEqual([]);
});

it("drops a reader that stands still past the bound; the others miss nothing", async () => {
  const { manager } = openManager({ maxSocketLagBytes: 64 * 1024 });
  const id = await start(manager);
  const good = await attach(manager, id);
  const slow = await attach(manager, id);
  slow.stalled = true;
  const words = "x".repeat(100_000);
  for (let count = 0; count < 20; count += 1) await send(manager, id, words, false);
  await until(() => slow.closed !== null);
  expect(slow.closed?.code).toBe(1013);
  expect(good.closed).toBeNull();
  expect(good.story.filter((line) => line === "MessageEvent")).toHaveLength(20);
});

it("drops a client that floods it with what it cannot use and reads no answer", async () => {
  const { manager } = openManager({ maxSocketLagBytes: 64 * 1024 });
  const socket = await attach(manager, await start(manager));
  socket.stalled = true;
  for (let count = 0; count < 1_000; count += 1) socket.receive("no JSON");
  await until(() => socket.closed !== null);
  expect(socket.closed).toEqual({ code: 1013, reason: "Too far behind" });
  expect(socket.bufferedAmount).toBeLessThan(256 * 1024);
});

it("drops a client that says more at once than can be taken in", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const socket = await attach(manager, id);
  const hello = JSON.stringify({ role: "user", content: [{ type: "text", text: "x".repeat(1024 * 1024) }] });
  for (let count = 0; count < 100; count += 1) socket.receive(hello);
  expect(socket.closed).toEqual({ code: 1013, reason: "Too many messages at once" });
  await until(async () => (await logOf(manager, id)).some(({ kind }) => kind === "MessageEvent"));
});

it("refuses a frame of too many values or levels, briefly", async () => {
  const { manager } = openManager();
  const socket = await attach(manager, await start(manager));
  socket.receive(`{"role":"user","content":[${"0,".repeat(200_000)}0]}`);
  socket.receive("[".repeat(1_000_000));
  socket.receive({ role: "user", content: Array.from({ length: 1_000 }, () => 0) });
  await until(() => socket.events.filter(({ kind }) => kind === ("ServerErrorEvent" as string)).length === 3);
  const details = socket.events.map(({ detail }) => detail).filter((detail) => detail !== undefined);
  expect(details.slice(0, 2)).toEqual([
    expect.stringMatching(/^Too many values at \d+$/),
    "Nested too deeply at 200",
  ]);
  expect(details[2]?.split("\n")).toHaveLength(100);
  expect(socket.closed).toBeNull();
});

it("shows pieces of a reply while it is written, and does not keep them", async () => {
  const { manager } = openManager({ steps: [say("Hello", { chunkSize: 3 })] });
  const id = await start(manager, { agent: { llm: { model: "scripted", stream: true } } });
  const socket = await attach(manager, id);
  await send(manager, id, "hi");
  await settled(socket);
  const deltas = socket.events.filter((event) => event.kind === ("StreamingDeltaEvent" as string));
  expect(deltas).toMatchObject([{ content: "Hel" }, { content: "lo" }]);
  expect(JSON.stringify(await logOf(manager, id))).not.toContain("StreamingDeltaEvent");
});

it("a thousand sockets on a thousand stored conversations keep none in memory; a message to one arrives", async () => {
  const { manager } = openManager({ steps: [say("Answer."), say("One more.")] });
  const ids: string[] = [];
  for (let count = 0; count < 1_000; count += 1) ids.push(await start(manager));
  const sockets = await Promise.all(ids.map((id) => attach(manager, id)));
  expect(sockets.every(({ closed, story }) => closed === null && story[0] === "full_state(idle)")).toBe(true);
  expect(manager.liveCount).toBe(0);

  const [first, ...others] = sockets;
  await send(manager, ids[0] ?? "", "Question?");
  await until(() => first?.story.at(-1) === "full_state(finished)");
  expect(manager.liveCount).toBe(1);
  expect(others.every(({ frames }) => frames.length === 1)).toBe(true);

  sockets[1]?.receive({ role: "user", content: "And you?" });
  await until(() => sockets[1]?.story.at(-1) === "full_state(finished)");
  expect(manager.liveCount).toBe(2);
}, 120_000);

it("a conversation leaves memory under a socket, which sees what comes after as before", async () => {
  const { manager } = openManager({ idleTtlSeconds: 0, steps: [say("One."), say("Two.")] });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "first");
  await settled(socket);
  await manager.evictIdle();
  expect([manager.liveCount, socket.closed]).toEqual([0, null]);
  await send(manager, id, "second");
  await settled(socket, 2);
  const stored = (await logOf(manager, id)).map((event) => event.id);
  const shown = socket.events.filter(({ key }) => key !== "full_state").map((event) => event.id);
  expect(shown).toEqual(stored);
});

it("closing the server interrupts runs, then ends sockets with 1001", async () => {
  const { manager, store } = openManager({
    steps: [waitFor(new Gate())],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await until(() => socket.story.includes("execution_status=running"));
  await manager.close();
  expect(socket.story).toContain("InterruptEvent");
  expect(socket.story.at(-1)).toBe("full_state(paused)");
  expect(socket.closed?.code).toBe(1001);
  await store.close();
});

it("deleting a conversation tells its sockets that it is gone", async () => {
  const { manager } = openManager();
  const id = await start(manager);
  const socket = await attach(manager, id);
  await manager.delete(id);
  expect(socket.closed?.code).toBe(4004);
  await expect(manager.get(id)).rejects.toMatchObject({ code: "not_found" });
});

async function write(manager: ConversationManager, id: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await send(manager, id, `message ${index}`, false);
    if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
