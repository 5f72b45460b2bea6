import { call, cut, fail, say, scriptedLlm, think } from "agent-server/testing";
import { expect, it } from "vitest";
import { decorate } from "../../src/llm/decorators/decorate.ts";
import type { Llm, LlmRequest } from "../../src/llm/llm.ts";
import { withFallbacks } from "../../src/llm/routing/with-fallbacks.ts";
import { framesOf, framesOfType, retirements, streamedText, untilSent } from "../streams/session-frames.ts";
import { attach, type BenchOptions, Gate, openManager, send, serveSession, start } from "./open-manager.ts";

const STREAMING = { agent: { llm: { model: "scripted", stream: true }, tools: [{ name: "echo" }] } };

it("a reply is streamed under the id of the message that will hold it, reasoning before text", async () => {
  const { socket } = await watched({ steps: [[think("Hmm, well."), say("Hello there.")]] });
  const [started] = framesOfType(socket, "item_started");
  const message = framesOfType(socket, "durable").find(
    ({ event }) => event.source === "agent" && event.kind === "MessageEvent",
  );
  expect(started).toEqual({
    type: "item_started",
    item_id: message?.event.id,
    attempt: 1,
    anchor_seq: expect.any(Number),
  });
  const anchor = started?.anchor_seq ?? Number.NaN;
  expect(framesOfType(socket, "durable").some(({ seq }) => seq === anchor)).toBe(true);
  expect(anchor).toBeLessThan(message?.seq ?? 0);
  const deltas = framesOfType(socket, "delta");
  expect(deltas.map(({ order }) => order)).toEqual(deltas.map((_, index) => index));
  expect(new Set(deltas.map(({ item_id: id }) => id))).toEqual(new Set([message?.event.id]));
  expect(deltas.map(({ kind }) => kind)).toEqual([...deltas.map(({ kind }) => kind)].sort());
  expect(streamedText(socket, "reasoning")).toBe("Hmm, well.");
  expect(streamedText(socket)).toBe("Hello there.");
  expect([...retirements(socket).values()]).toEqual([["durable"]]);
  const order = framesOf(socket).map(({ type }) => type);
  expect(order.indexOf("item_started")).toBe(order.indexOf("delta") - 1);
});

it("the first call of a reply holds it, also one that cannot be run; each reply has a slot of its own", async () => {
  const { socket } = await watched({
    steps: [
      [say("Two at once."), call("echo", { text: "a" }), call("echo", { text: "b" })],
      [say("A wrong one."), call("nowhere")],
      say("Done."),
    ],
  });
  const slots = [...retirements(socket).keys()];
  expect(slots).toHaveLength(3);
  expect([...retirements(socket).values()]).toEqual([["durable"], ["durable"], ["durable"]]);
  const actions = framesOfType(socket, "durable").flatMap(({ event }) =>
    event.kind === "ActionEvent" ? [event] : [],
  );
  expect(actions.map(({ id }) => slots.indexOf(id))).toEqual([0, -1, 1]);
  expect(actions.at(-1)?.action ?? null).toBeNull();
});

it("a blank reply is held by its message", async () => {
  const { socket } = await watched({ steps: [[think("Only a thought."), say(" ")], say("Done.")] });
  expect([...retirements(socket).values()]).toEqual([["durable"], ["durable"]]);
});

it("a model that is not to stream has no frames of progress", async () => {
  const { socket } = await watched({ steps: [say("Hello.")] }, {});
  expect(framesOf(socket).map(({ type }) => type)).not.toContain("delta");
  expect([...retirements(socket)]).toEqual([]);
});

it("session sockets are sent no StreamingDeltaEvent, event sockets no frame and no field of a slot", async () => {
  const { socket, events } = await watched({ steps: [say("Hello there.")] });
  expect(socket.frames.join()).not.toContain("StreamingDeltaEvent");
  const deltas = events.events.filter(({ kind }) => kind === ("StreamingDeltaEvent" as string));
  expect(Object.keys(deltas[0] ?? {})).toEqual(["id", "timestamp", "source", "content", "kind"]);
  expect(events.frames.join()).not.toMatch(/item_started|"type":"delta"/);
});

it("a slot whose reply is interrupted ends once, as cancelled", async () => {
  const gate = new Gate();
  const llm = streaming(async (request) => {
    request.onDelta?.({ content: "I was about to" });
    await gate.pass(request.signal);
    return say("never");
  });
  const { manager } = openManager({ createLlm: () => llm });
  const id = await start(manager, STREAMING);
  const socket = serveSession(manager, id);
  await untilSent(socket, "transient", 1);
  await send(manager, id, "go");
  await untilSent(socket, "delta", 1);
  await (await manager.open(id)).interrupt();
  await untilSent(socket, "transient", 2);
  expect([...retirements(socket).values()]).toEqual([["cancelled"]]);
  expect(framesOfType(socket, "item_aborted")[0]).toEqual({
    type: "item_aborted",
    item_id: framesOfType(socket, "item_started")[0]?.item_id,
    attempt: 1,
    reason: "cancelled",
  });
});

it("a slot whose model fails ends with the name of the error", async () => {
  const { socket } = await watched({ steps: [[say("I was about to do"), cut()]] });
  expect([...retirements(socket).values()]).toEqual([["LLMServiceUnavailableError"]]);
});

it("a slot that was never begun is not ended either", async () => {
  const { socket } = await watched({ steps: [fail("authentication")] });
  expect(framesOfType(socket, "item_aborted")).toEqual([]);
});

it("a retried reply is another attempt of its slot, counted from 0 again", async () => {
  const { socket } = await watched(
    retried([[say("The first words of it"), cut()], [say("The first"), cut()], say("The whole reply.")]),
  );
  const starts = framesOfType(socket, "item_started");
  expect(starts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(new Set(starts.map(({ item_id: id, anchor_seq: anchor }) => `${id} ${anchor}`)).size).toBe(1);
  for (const number of [1, 2, 3]) {
    const orders = framesOfType(socket, "delta").flatMap(({ attempt, order }) =>
      attempt === number ? [order] : [],
    );
    expect(orders).toEqual(orders.map((_, index) => index));
  }
  expect(streamedText(socket)).toBe("The whole reply.");
  expect([...retirements(socket).values()]).toEqual([["durable"]]);
});

it("attempts that say nothing are not counted; an abort names the last that did", async () => {
  const { socket } = await watched(
    retried([[say("The first words"), cut()], fail("rate_limit"), fail("rate_limit")]),
  );
  expect(framesOfType(socket, "item_started")).toHaveLength(1);
  expect(framesOfType(socket, "item_aborted")).toMatchObject([{ attempt: 1, reason: "LLMRateLimitError" }]);
});

it("another model that takes over is another attempt", async () => {
  const broken = scriptedLlm([[say("The first words"), cut()]], { stream: true });
  const other = scriptedLlm([say("The other model's words.")], { stream: true });
  const { socket } = await watched({ createLlm: () => withFallbacks(broken, [other]) });
  expect(framesOfType(socket, "item_started").map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(streamedText(socket)).toBe("The other model's words.");
});

it("a failure after which the agent goes on ends the slot without an event", async () => {
  const llm = streaming(async (request, count) => {
    request.onDelta?.({ content: "Some words" });
    if (count === 0) await scriptedLlm([fail("content_policy")]).complete(request);
    return say("Proper words.");
  });
  const { socket } = await watched({ createLlm: () => llm });
  expect([...retirements(socket).values()]).toEqual([["no_durable_event"], ["durable"]]);
});

it("a secret that is split over pieces shows in none, in no attempt and in no form", async () => {
  const secret = "s3cr3t-value-of-the-user";
  const steps = [
    [say(`It is ${secret} or s3cr3t-val`, { chunkSize: 5 }), cut()],
    [think(`Is it ${secret}?`), say(`It is ${secret}. Done.`, { chunkSize: 4 })],
  ];
  const { socket, events } = await watched(retried(steps), {
    ...STREAMING,
    secrets: { KEY: { kind: "StaticSecret", value: secret } },
  });
  expect(streamedText(socket)).toBe("It is <secret-hidden>. Done.");
  expect(streamedText(socket, "reasoning")).toBe("Is it <secret-hidden>?");
  for (const { frames } of [socket, events]) expect(frames.join("")).not.toContain(secret);
  const said = framesOfType(socket, "delta").map(({ content }) => content);
  expect(said.join("")).not.toContain(secret);
  expect(said.join("")).not.toContain("s3cr3t-val");
});

it("a message that comes in while a reply is streamed does not move the slot", async () => {
  const gate = new Gate();
  const llm = streaming(async (request, count) => {
    request.onDelta?.({ content: `Reply ${count}.` });
    if (count === 0) await gate.pass(request.signal);
    return say(`Reply ${count}.`);
  });
  const { manager } = openManager({ createLlm: () => llm });
  const id = await start(manager, STREAMING);
  const socket = serveSession(manager, id, -1);
  await untilSent(socket, "transient", 1);
  await send(manager, id, "first");
  await untilSent(socket, "delta", 1);
  await send(manager, id, "second");
  gate.open();
  await untilSent(socket, "transient", 2);
  const [started] = framesOfType(socket, "item_started");
  const durables = framesOfType(socket, "durable");
  const second = durables.find(({ event }) => JSON.stringify(event).includes('"second"'));
  expect(started?.anchor_seq).toBeLessThan(second?.seq ?? 0);
  expect([...retirements(socket).values()].flat()).toEqual(["durable", "durable"]);
});

it("a reader that comes in the middle of a reply is sent the rest of it and its event", async () => {
  const gate = new Gate();
  const llm = streaming(async (request) => {
    request.onDelta?.({ content: "One " });
    await gate.pass(request.signal);
    request.onDelta?.({ content: "two." });
    return say("One two.");
  });
  const { manager } = openManager({ createLlm: () => llm });
  const id = await start(manager, STREAMING);
  await send(manager, id, "go");
  await gate.reached;
  const late = serveSession(manager, id, -1);
  await untilSent(late, "transient", 1);
  gate.open();
  await untilSent(late, "transient", 2);
  expect(framesOfType(late, "item_started")).toEqual([]);
  const [delta] = framesOfType(late, "delta");
  expect(delta).toMatchObject({ order: 1, content: "two." });
  expect(framesOfType(late, "durable").map(({ event }) => event.id)).toContain(delta?.item_id);
});

it("a reply that cannot be stored ends its slot", async () => {
  const bench = openManager({ steps: [say("Hello there.")] });
  const id = await start(bench.manager, STREAMING);
  const socket = serveSession(bench.manager, id, -1);
  await untilSent(socket, "transient", 1);
  const commit = bench.store.commit.bind(bench.store);
  bench.store.commit = (change) => {
    const isReply = change.events?.some(({ kind, source }) => kind === "MessageEvent" && source === "agent");
    return isReply ? Promise.reject(new Error("the disk is full")) : commit(change);
  };
  await send(bench.manager, id, "go");
  await untilSent(socket, "item_aborted", 1);
  expect([...retirements(socket).values()].flat()).toHaveLength(1);
  bench.store.commit = commit;
});

it("shows the provider's own ids of the pieces", async () => {
  const llm = streaming(async (request) => {
    request.onDelta?.({ content: "Hello ", chunk_id: "chunk-1", choice_index: 0 });
    request.onDelta?.({ reasoning_content: "Hm", content: "there", chunk_id: "chunk-2", choice_index: 0 });
    return say("Hello there");
  });
  const { socket } = await watched({ createLlm: () => llm });
  expect(
    framesOfType(socket, "delta").map(({ kind, content, chunk_id: chunk, choice_index: choice }) => [
      ...[kind, content, chunk, choice],
    ]),
  ).toEqual([
    ["text", "Hello ", "chunk-1", 0],
    ["reasoning", "Hm", "chunk-2", 0],
    ["text", "there", "chunk-2", 0],
  ]);
});

/** Plays one run before a session socket and an event socket. */
async function watched(options: BenchOptions, conversation: Record<string, unknown> = STREAMING) {
  const { manager } = openManager(options);
  const id = await start(manager, conversation);
  const events = await attach(manager, id);
  const socket = serveSession(manager, id, -1);
  await untilSent(socket, "transient", 1);
  await send(manager, id, "go");
  await untilSent(socket, "transient", 2);
  return { manager, id, socket, events };
}

/** A model that streams what it likes before it replies. */
function streaming(answer: (request: LlmRequest, count: number) => Promise<ReturnType<typeof say>>): Llm {
  let count = 0;
  return {
    decorated: true,
    async complete(request) {
      const part = await answer(request, count++);
      return scriptedLlm([part]).complete({ ...request, messages: [] });
    },
  };
}

/** A scripted model whose failures are retried at once. */
function retried(steps: Parameters<typeof scriptedLlm>[0]): BenchOptions {
  const { complete } = scriptedLlm(steps, { stream: true });
  return {
    createLlm: (config) => decorate({ complete }, { ...config, num_retries: 3 }, { sleep: async () => {} }),
  };
}
