import { defineTool, type Event, memoryStore } from "agent-server";
import { call, createTestServer, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Gate } from "./open-manager.ts";

const ALWAYS = { kind: "AlwaysConfirm" } as const;
const NOTHING_WAITS = "No calls wait for this answer";

/** A tool that records its uses and can be held open. */
function deploying(gate?: Gate) {
  const uses: string[] = [];
  const tool = defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: async ({ version }, { signal }) => {
      uses.push(version);
      await gate?.pass(signal);
      return `deployed ${version}`;
    },
  });
  return { tool, uses };
}

const deploy = (version: string) => call("deploy", { version });

async function waiting(server: TestServer, policy: object = ALWAYS) {
  const chat = await server.start("Go.", { confirmation_policy: policy as typeof ALWAYS });
  await reaches(server, chat.id, "waiting_for_confirmation");
  return { chat, conversation: await server.conversations.open(chat.id) };
}

/** Waits for a status. The test kit's expectation would fail at once while the run has not begun. */
function reaches(server: TestServer, id: string, status: string): Promise<void> {
  return expect.poll(async () => (await server.conversations.get(id)).execution_status).toBe(status);
}

async function logOf(server: TestServer, id: string): Promise<Event[]> {
  return (await server.conversations.events.search(id, { limit: 100 })).items;
}

const kindsOf = async (server: TestServer, id: string, ...kinds: string[]) =>
  (await logOf(server, id)).map(({ kind }) => kind).filter((kind) => kinds.includes(kind));

describe("answers to calls that wait", () => {
  it("count in the order in which they come: a yes after a no is refused and nothing runs", async () => {
    const { tool, uses } = deploying();
    await using server = await createTestServer({
      llm: scriptedLlm([deploy("1"), say("ok")]),
      tools: [tool],
    });
    const { chat, conversation } = await waiting(server);
    const no = conversation.respondToConfirmation({ accept: false });
    const yes = conversation.respondToConfirmation({ accept: true });
    await expect(yes).rejects.toThrow(NOTHING_WAITS);
    await no;
    await conversation.run();
    await reaches(server, chat.id, "finished");
    expect(uses).toEqual([]);
    expect(await kindsOf(server, chat.id, "ObservationEvent", "UserRejectObservation")).toEqual([
      "UserRejectObservation",
    ]);
  });

  it("count in the order in which they come: a no after a yes is refused and the call has one result", async () => {
    const gate = new Gate();
    const { tool, uses } = deploying(gate);
    await using server = await createTestServer({
      llm: scriptedLlm([deploy("1"), say("ok")]),
      tools: [tool],
    });
    const { chat, conversation } = await waiting(server);
    const yes = conversation.respondToConfirmation({ accept: true });
    await expect(conversation.respondToConfirmation({ accept: false })).rejects.toThrow(NOTHING_WAITS);
    await yes;
    await gate.reached;
    await expect(conversation.respondToConfirmation({ accept: false })).rejects.toThrow(NOTHING_WAITS);
    gate.open();
    await reaches(server, chat.id, "finished");
    expect(uses).toEqual(["1"]);
    expect(await kindsOf(server, chat.id, "ObservationEvent", "UserRejectObservation")).toEqual([
      "ObservationEvent",
    ]);
  });

  it("given thirty times approve one batch, once", async () => {
    const gate = new Gate();
    const { tool, uses } = deploying(gate);
    const llm = scriptedLlm([deploy("1"), deploy("2")]);
    await using server = await createTestServer({ llm, tools: [tool] });
    const { chat, conversation } = await waiting(server);
    for (let count = 0; count < 30; count += 1) await conversation.respondToConfirmation({ accept: true });
    gate.open();
    await expect.poll(() => uses).toEqual(["1"]);
    await reaches(server, chat.id, "waiting_for_confirmation");
    expect(uses).toEqual(["1"]);
  });

  it("to other calls than those that wait are refused", async () => {
    const { tool, uses } = deploying();
    await using server = await createTestServer({ llm: scriptedLlm([deploy("1")]), tools: [tool] });
    const { chat, conversation } = await waiting(server);
    const stale = { accept: true, actionIds: ["another-action"] };
    await expect(conversation.respondToConfirmation(stale)).rejects.toThrow(NOTHING_WAITS);
    await reaches(server, chat.id, "waiting_for_confirmation");
    expect(uses).toEqual([]);
  });

  it("are refused with 409 when an acceptance finds nothing that waits, and no run starts", async () => {
    const llm = scriptedLlm([say("Done.")]);
    await using server = await createTestServer({ llm });
    const chat = await server.start("Go.");
    await reaches(server, chat.id, "finished");
    const path = `http://localhost/api/conversations/${chat.id}/events/respond_to_confirmation`;
    const answer = (accept: boolean) =>
      server.fetch(
        new Request(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ accept }),
        }),
      );
    expect((await answer(true)).status).toBe(409);
    expect((await answer(false)).status).toBe(200);
    expect(llm.requests).toHaveLength(1);
  });

  it("approve what waits when the user just starts a run", async () => {
    const { tool, uses } = deploying();
    await using server = await createTestServer({
      llm: scriptedLlm([deploy("1"), say("ok")]),
      tools: [tool],
    });
    const { chat, conversation } = await waiting(server);
    await conversation.run();
    await reaches(server, chat.id, "finished");
    expect(uses).toEqual(["1"]);
  });
});

describe("a message while calls wait", () => {
  it("rejects them and starts a turn of its own", async () => {
    const { tool, uses } = deploying();
    const llm = scriptedLlm([deploy("1"), say("I will not.")]);
    await using server = await createTestServer({ llm, tools: [tool] });
    const { chat, conversation } = await waiting(server);
    await conversation.sendMessage("Wait, do NOT run that.");
    await reaches(server, chat.id, "finished");
    expect(uses).toEqual([]);
    const rejection = (await logOf(server, chat.id)).find(({ kind }) => kind === "UserRejectObservation");
    expect(rejection).toMatchObject({ rejection_reason: "Superseded by a new user message" });
    expect(llm.requests[1]?.messages.map(({ role }) => role).slice(-2)).toEqual(["tool", "user"]);
  });

  it("rejects them also when it starts no run", async () => {
    const { tool, uses } = deploying();
    await using server = await createTestServer({
      llm: scriptedLlm([deploy("1"), say("ok")]),
      tools: [tool],
    });
    const { chat, conversation } = await waiting(server);
    await conversation.sendMessage("Never mind.", { run: false });
    await reaches(server, chat.id, "idle");
    await conversation.run();
    await reaches(server, chat.id, "finished");
    expect(uses).toEqual([]);
  });

  it("rejects calls of a reply that the model was still writing when it came", async () => {
    const { tool, uses } = deploying();
    const gate = new Gate();
    const slow = async ({ signal }: { signal: AbortSignal }) => {
      await gate.pass(signal);
      return deploy("1");
    };
    const llm = scriptedLlm([slow, say("Stopped.")]);
    await using server = await createTestServer({ llm, tools: [tool] });
    const chat = await server.start("Go.", { confirmation_policy: ALWAYS });
    await gate.reached;
    await (await server.conversations.open(chat.id)).sendMessage("Stop, do not deploy.");
    gate.open();
    await reaches(server, chat.id, "finished");
    expect(uses).toEqual([]);
    expect(llm.requests).toHaveLength(2);
  });
});

it("an approved run that is interrupted before it begins answers its calls without running them", async () => {
  const { tool, uses } = deploying();
  const gate = new Gate();
  const blocker = async ({ signal }: { signal: AbortSignal }) => {
    await gate.pass(signal);
    return say("done");
  };
  const llm = scriptedLlm([deploy("1"), blocker, say("ok")]);
  await using server = await createTestServer({ llm, tools: [tool], maxConcurrentRuns: 1, maxQueuedRuns: 1 });
  const { chat, conversation } = await waiting(server);
  const other = await server.start("Keep the only slot.");
  await gate.reached;
  await conversation.respondToConfirmation({ accept: true });
  await conversation.interrupt();
  await reaches(server, chat.id, "paused");
  gate.open();
  await reaches(server, other.id, "finished");
  await conversation.run();
  await reaches(server, chat.id, "finished");
  expect(uses).toEqual([]);
});

describe("whatever the order of answers, runs, pauses, messages, interrupts and a removal", () => {
  const VERBS = ["accept", "reject", "run", "pause", "interrupt", "message", "quiet message"] as const;

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "no call has two results or runs after its rejection (seed %i)",
    async (seed) => {
      const random = randomOf(seed);
      const started: string[] = [];
      const tool = defineTool({
        name: "deploy",
        description: "Deploys a version",
        input: z.object({ version: z.string() }),
        run: async ({ version }) => {
          started.push(version);
          for (let turns = random(4); turns > 0; turns -= 1) await new Promise(setImmediate);
          return "deployed";
        },
      });
      let version = 0;
      const next = () => {
        version += 1;
        return deploy(String(version));
      };
      const llm = scriptedLlm(() =>
        random(4) === 0 ? say("Done.") : random(3) === 0 ? [next(), next()].flat() : next(),
      );
      const store = memoryStore();
      await using server = await createTestServer({ llm, tools: [tool], store });
      const chat = await server.start("Go.", { confirmation_policy: ALWAYS, max_iterations: 20 });
      const conversation = await server.conversations.open(chat.id);
      const verbs = {
        accept: () => conversation.respondToConfirmation({ accept: true }),
        reject: () => conversation.respondToConfirmation({ accept: false }),
        run: () => conversation.run(),
        pause: () => conversation.pause(),
        interrupt: () => conversation.interrupt(),
        message: () => conversation.sendMessage("And now?"),
        "quiet message": () => conversation.sendMessage("Hm.", { run: false }),
      };
      const log: Event[] = [];
      const following = collect(server, chat.id, log);
      const done: Promise<unknown>[] = [];
      for (let count = 0; count < 60; count += 1) {
        const verb = VERBS[random(VERBS.length)] ?? "run";
        const refused = (error: Error) =>
          expect(error.message).toMatch(/No calls|running|not found|closed|memory/i);
        done.push(verbs[verb]().catch(refused));
        if (seed % 3 === 0 && count === 45) done.push(server.conversations.delete(chat.id).catch(refused));
        for (let turns = random(5); turns > 0; turns -= 1) await new Promise(setImmediate);
      }
      await Promise.all(done);
      await conversation.interrupt().catch(() => undefined);
      await server.close();
      await following;
      expect(log.some(({ kind }) => kind === "ActionEvent")).toBe(true);

      const answers = Map.groupBy(
        log.filter((event) => event.kind !== "ActionEvent" && "tool_call_id" in event),
        (event) => (event as { tool_call_id: string }).tool_call_id,
      );
      for (const [callId, results] of answers) expect([callId, results.length]).toEqual([callId, 1]);
      const versions = new Map(
        log.flatMap((event) => {
          const { tool_call_id: callId, action } = event as { tool_call_id?: string; action?: unknown };
          if (event.kind !== "ActionEvent" || callId === undefined) return [];
          return [[callId, JSON.stringify(action).match(/"version":"(\d+)"/)?.[1]] as const];
        }),
      );
      const rejected = log.filter(({ kind }) => kind === "UserRejectObservation") as {
        tool_call_id: string;
      }[];
      const ranAfterAll = rejected.map((event) => versions.get(event.tool_call_id) ?? "unknown");
      expect(ranAfterAll.filter((version) => started.includes(version))).toEqual([]);
      expect(started).toEqual([...new Set(started)]);
    },
  );
});

/** Follows the log until the conversation is removed or the server closes. */
async function collect(server: TestServer, id: string, log: Event[]): Promise<void> {
  for await (const event of server.conversations.follow(id)) {
    if (event.kind !== "StreamingDeltaEvent" && event.kind !== "ServerErrorEvent") log.push(event);
  }
}

/** Whole numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (bound) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * bound);
  };
}
