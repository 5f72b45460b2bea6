import { call as callTool, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { Gate, until, waitFor } from "../conversations/open-manager.ts";
import { openHttp, startBody } from "./open-http.ts";

const LIMIT = { status: 429, body: { detail: "Conversation run limit reached. Retry the request later." } };
const GO = { content: [{ text: "go" }], run: true };

/** Two conversations, of which the first has the only slot until the gate opens. */
async function full(...steps: Parameters<typeof say>[0][]) {
  const gate = new Gate();
  const bench = openHttp({
    maxConcurrentRuns: 1,
    steps: [waitFor(gate), ...steps.map((words) => say(words))],
  });
  const [busy, other] = [await bench.start(), await bench.start()];
  await bench.call("POST", `/api/conversations/${busy}/events`, GO);
  await gate.reached;
  return { ...bench, gate, busy, other, at: `/api/conversations/${other}` };
}

describe("while no slot is free", () => {
  it("a message that asks for a run is stored, and the answer says so", async () => {
    const { call, at, other } = await full();
    expect(await call("POST", `${at}/events`, GO)).toEqual({
      status: 429,
      body: {
        detail:
          "Message saved, but the conversation run limit was reached. " +
          `Retry POST /api/conversations/${other}/run without resending the message.`,
      },
    });
    expect((await call("GET", `${at}/events/count?kind=MessageEvent`)).body).toBe(1);
    expect((await call("GET", at)).body.execution_status).toBe("idle");
  });

  it("a run, and the start of a conversation with or without a message, are refused and change nothing", async () => {
    const { call, at } = await full();
    expect(await call("POST", `${at}/run`)).toEqual(LIMIT);
    expect(await call("POST", "/api/conversations", startBody())).toEqual(LIMIT);
    expect(await call("POST", "/api/conversations", startBody({ initial_message: GO }))).toEqual(LIMIT);
    expect((await call("GET", "/api/conversations/count")).body).toBe(2);
    expect((await call("GET", `${at}/events/count`)).body).toBe(0);
  });

  it("what exists is given back, rejected, paused and told that it runs already", async () => {
    const { call, at, other, busy } = await full();
    const again = await call("POST", "/api/conversations", startBody({ conversation_id: other }));
    expect(again).toMatchObject({ status: 200, body: { id: other } });
    const done = { status: 200, body: { success: true } };
    expect(await call("POST", `${at}/events/respond_to_confirmation`, { accept: false })).toEqual(done);
    expect((await call("POST", `/api/conversations/${busy}/run`)).status).toBe(409);
    expect(await call("POST", `/api/conversations/${busy}/events`, GO)).toEqual(done);
    expect(await call("POST", `${at}/pause`)).toEqual(done);
  });

  it("a socket is told that its message is stored and not read", async () => {
    const { call, connect, at, other } = await full();
    const socket = await connect(`/sockets/events/${other}`);
    if (typeof socket === "number") throw new Error(`refused with ${socket}`);
    await until(() => socket.frames.length > 0);
    socket.receive(JSON.stringify({ role: "user", content: [{ type: "text", text: "go" }] }));
    await until(() => socket.frames.some((frame) => frame.includes("ServerErrorEvent")));
    expect(JSON.parse(socket.frames.at(-1) ?? "")).toMatchObject({
      code: "ConversationRunLimitExceeded",
      detail: expect.stringContaining("Message saved"),
    });
    expect((await call("GET", `${at}/events/count?kind=MessageEvent`)).body).toBe(1);
  });

  it("a run that was refused can start once the slot is free, and reads the message", async () => {
    const { call, gate, at } = await full("Hello.");
    await call("POST", `${at}/events`, GO);
    gate.open();
    await until(async () => (await call("POST", `${at}/run`)).status === 200);
    await until(async () => (await call("GET", at)).body.execution_status === "finished");
    expect((await call("GET", `${at}/agent_final_response`)).body).toEqual({ response: "Hello." });
  });
});

it("calls that wait for confirmation still wait when their approval finds no slot", async () => {
  const gate = new Gate();
  const steps = [callTool("echo", { text: "x" }), waitFor(gate), say("Done.")];
  const { call, start } = openHttp({ maxConcurrentRuns: 1, steps });
  const waiting = await start({ confirmation_policy: { kind: "AlwaysConfirm" } });
  const at = `/api/conversations/${waiting}`;
  await call("POST", `${at}/events`, GO);
  await until(async () => (await call("GET", at)).body.execution_status === "waiting_for_confirmation");
  const busy = await start();
  await until(async () => (await call("POST", `/api/conversations/${busy}/events`, GO)).status === 200);
  await gate.reached;
  const approve = () => call("POST", `${at}/events/respond_to_confirmation`, { accept: true });
  expect(await approve()).toEqual(LIMIT);
  expect(await call("POST", `${at}/run`)).toEqual(LIMIT);
  expect((await call("GET", at)).body.execution_status).toBe("waiting_for_confirmation");
  expect((await call("GET", `${at}/events/count?kind=ObservationEvent`)).body).toBe(0);
  gate.open();
  await until(async () => (await approve()).status === 200);
  await until(async () => (await call("GET", at)).body.execution_status === "finished");
  expect((await call("GET", `${at}/events/count?kind=ObservationEvent`)).body).toBe(1);
});

it("the first run of a new conversation has the slot of its start", async () => {
  const { call } = openHttp({ maxConcurrentRuns: 1, steps: [say("Hello.")] });
  const request = startBody({ initial_message: { content: [{ text: "hi" }] } });
  const { status, body } = await call("POST", "/api/conversations", request);
  expect(status).toBe(201);
  const at = `/api/conversations/${body.id}`;
  await until(async () => (await call("GET", at)).body.execution_status === "finished");
  await until(async () => (await call("POST", "/api/conversations", startBody())).status === 201);
});
