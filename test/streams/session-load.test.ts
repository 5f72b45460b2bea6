import { call, createTestServer, type ReplyPart, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import type { LlmRequest } from "../../src/llm/llm.ts";
import type { SessionFrame } from "../../src/wire/events/session-frames.ts";

const SOCKETS = 1_000;
const OF_A_CONVERSATION = 50;
const RUNS = 16;
const STEPS = 2;

it("a thousand session sockets follow while sixteen runs work: none misses a frame, and none holds up a run", async () => {
  const llm = scriptedLlm(nextStep, { stream: true, record: false });
  await using server = await createTestServer({
    llm,
    maxConcurrentRuns: RUNS,
    leakCheck: false,
  });
  const { url } = await server.listen();
  const ids: string[] = [];
  // One after the other: a launch takes the place of a run.
  while (ids.length < SOCKETS / OF_A_CONVERSATION) {
    const { info } = await server.conversations.create({
      agent: { llm: { model: "scripted", stream: true }, tools: [] },
      workspace: { working_dir: server.workingDir },
      autotitle: false,
    });
    ids.push(info.id);
  }
  const readers = ids.flatMap((id) =>
    Array.from(
      { length: OF_A_CONVERSATION },
      () => new Reader(`${url.replace("http", "ws")}/sockets/session/${id}?after_seq=-1`),
    ),
  );
  try {
    await expect.poll(() => readers.every(({ isReady }) => isReady), { timeout: 60_000 }).toBe(true);
    const working = ids.slice(0, RUNS);
    await Promise.all(working.map(async (id) => (await server.conversations.open(id)).sendMessage("Go.")));
    // The first of them has begun when the last has been asked.
    expect((await fetch(`${url}/health`)).status).toBe(200);
    await expect
      .poll(() => server.conversations.count({ status: "finished" }), { timeout: 60_000 })
      .toBe(RUNS);
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(id, await server.conversations.events.count(id));
    const expected = readers.map(
      (_, index) => counts.get(ids[Math.floor(index / OF_A_CONVERSATION)] ?? "") ?? 0,
    );
    await expect
      .poll(() => readers.every(({ seqs }, index) => seqs.length >= (expected[index] ?? 0)), {
        timeout: 60_000,
      })
      .toBe(true);
    for (const [index, reader] of readers.entries()) {
      expect(reader.seqs).toEqual(Array.from({ length: expected[index] ?? 0 }, (_, seq) => seq));
      expect([reader.closed, reader.open.size, reader.gaps]).toEqual([false, 0, 0]);
    }
    const deltas = readers.slice(0, RUNS * OF_A_CONVERSATION).map(({ deltas }) => deltas);
    expect(new Set(deltas).size).toBe(1);
    expect(deltas[0]).toBeGreaterThan(STEPS);
  } finally {
    for (const reader of readers) reader.socket.terminate();
  }
}, 240_000);

/** The agent thinks a few times before it answers. */
function nextStep({ messages }: LlmRequest): readonly ReplyPart[] {
  const steps = messages.filter(({ role }) => role === "assistant").length;
  if (steps >= STEPS) return [say("That is all there is to say.")];
  return [say("Let me think about it."), call("think", { thought: `Thought ${steps}.` })];
}

/** Checks the order of what it is sent. */
class Reader {
  readonly socket: WebSocket;
  readonly seqs: number[] = [];
  /** Items that have begun and not ended. */
  readonly open = new Set<string>();
  isReady = false;
  closed = false;
  deltas = 0;
  /** Pieces that did not follow the one before. */
  gaps = 0;
  #order = -1;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data)) as SessionFrame));
    this.socket.on("close", () => {
      this.closed = true;
    });
    this.socket.on("error", () => {});
  }

  #take(frame: SessionFrame): void {
    switch (frame.type) {
      case "transient":
        this.isReady = true;
        break;
      case "durable":
        this.seqs.push(frame.seq);
        this.open.delete(frame.event.id);
        break;
      case "item_started":
        this.open.add(frame.item_id);
        this.#order = -1;
        break;
      case "delta":
        this.deltas += 1;
        if (frame.order !== this.#order + 1) this.gaps += 1;
        this.#order = frame.order;
        break;
    }
  }
}
