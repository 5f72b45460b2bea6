import { call, fixedClock, say, scriptedLlm, usage } from "agent-server/testing";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { createServer } from "../../src/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { delegatingServer, MARK, twoModels, untilStatus } from "../conversations/sub-agents/delegating.ts";
import { OPERATOR_KEY, openAccess } from "./open-access.ts";

const COUNT = "/api/conversations/count";
const EVENTS = (id: string) => `/api/conversations/${id}/events`;
const HELLO = { role: "user", content: [{ type: "text", text: "Hello." }], run: true };
const eventually = { timeout: 20_000 };

/** A model whose replies use 100 tokens and $0.50. */
const costly = () =>
  scriptedLlm(() => [say("Done."), usage({ prompt_tokens: 90, completion_tokens: 10 }, { cost: 0.5 })]);

it("a key that has used up its requests waits as long as the answer says, and others do not", async () => {
  await using bench = await openAccess({ limits: { requestsPerMinute: 3 } });
  const slow = await bench.newKey({ scope: "read" });
  const fast = await bench.newKey({ scope: "read", limits: { requests_per_minute: 5 } });
  const first = await bench.ask(slow.key, "GET", COUNT);
  expect([first.headers.get("ratelimit-policy"), first.headers.get("ratelimit")]).toEqual([
    '"requests_per_minute";q=3;w=60',
    '"requests_per_minute";r=2;t=20',
  ]);
  for (let asked = 0; asked < 2; asked += 1) await bench.ask(slow.key, "GET", COUNT);
  const refused = await bench.ask(slow.key, "GET", COUNT);
  expect([refused.status, refused.headers.get("retry-after"), refused.body]).toEqual([
    429,
    "20",
    { detail: `requests_per_minute: key ${slow.id} may use 3 requests a minute` },
  ]);
  for (let asked = 0; asked < 5; asked += 1)
    expect((await bench.ask(fast.key, "GET", COUNT)).status).toBe(200);
  expect((await bench.ask(fast.key, "GET", COUNT)).status).toBe(429);
  const headers = { authorization: `Bearer ${slow.key}` };
  expect((await bench.server.fetch(new Request("http://localhost/v1/models", { headers }))).status).toBe(429);
  bench.server.clock.advance(20_000);
  expect((await bench.ask(slow.key, "GET", COUNT)).status).toBe(200);
  expect((await bench.ask(slow.key, "GET", COUNT)).status).toBe(429);
});

it("what is refused for its scope or is not found counts as a request, and says what is left", async () => {
  await using bench = await openAccess({ limits: { requestsPerMinute: 2 } });
  const { key } = await bench.newKey({ scope: "read" });
  const forbidden = await bench.ask(key, "GET", "/api/settings");
  const unknown = await bench.ask(key, "GET", "/api/conversations/00000000-0000-4000-8000-000000000001");
  expect([forbidden.status, unknown.status]).toEqual([403, 404]);
  expect(unknown.headers.get("ratelimit")).toBe('"requests_per_minute";r=0;t=60');
  expect((await bench.ask(key, "GET", COUNT)).status).toBe(429);
});

it("session keys have limits only where that is asked for, all of them together", async () => {
  await using free = await openAccess({ limits: { requestsPerMinute: 2 } });
  for (let asked = 0; asked < 20; asked += 1)
    expect((await free.ask(OPERATOR_KEY, "GET", COUNT)).status).toBe(200);
  await using bench = await openAccess({
    apiKeys: [OPERATOR_KEY, "another-key-1234567890-1234567890"],
    limits: { requestsPerMinute: 2, sessionKeys: true },
  });
  const statuses = [OPERATOR_KEY, "another-key-1234567890-1234567890", OPERATOR_KEY].map(
    async (key) => (await bench.ask(key, "GET", COUNT)).status,
  );
  expect((await Promise.all(statuses)).toSorted()).toEqual([200, 200, 429]);
  expect((await bench.ask(null, "GET", "/health")).status).toBe(200);
});

it("a principal has one limit, whatever it is called and with which credentials it comes", async () => {
  const odd = "zoë\n/../%00\u202e<b>";
  await using bench = await openAccess({
    limits: { requestsPerMinute: 2 },
    authenticate: ({ headers }) => {
      const shown = headers.get("x-session-api-key");
      return shown === OPERATOR_KEY || (shown === "odd" ? { id: odd } : { id: "bob" });
    },
  });
  const { key } = await bench.newKey({ scope: "read", owner: odd });
  const status = async (credential: string) => (await bench.ask(credential, "GET", COUNT)).status;
  expect([await status("odd"), await status(key), await status("odd"), await status("b")]).toEqual([
    200, 200, 429, 200,
  ]);
  const { body } = await bench.ask(key, "GET", COUNT);
  expect(body.detail).toBe("requests_per_minute: principal 'zoë?/../%00?<b>' may use 2 requests a minute");
});

it("a key in the name of a principal has its own limits beside those of the principal", async () => {
  await using bench = await openAccess({
    limits: { requestsPerMinute: 10 },
    authenticate: ({ headers }) => headers.get("x-session-api-key") === OPERATOR_KEY,
  });
  const narrow = { scope: "read", owner: "ada", limits: { requests_per_minute: 4 } };
  const keys = [await bench.newKey(narrow), await bench.newKey(narrow), await bench.newKey(narrow)];
  const admitted: number[] = [];
  for (const { key } of keys) {
    let count = 0;
    while ((await bench.ask(key, "GET", COUNT)).status === 200) count += 1;
    admitted.push(count);
  }
  expect(admitted).toEqual([4, 4, 2]);
});

it("a caller has so many sockets and no more, until one closes, whichever way it shows its key", async () => {
  await using bench = await openAccess();
  const id = await bench.start(OPERATOR_KEY);
  const { url } = await bench.server.listen();
  const { key, id: keyId } = await bench.newKey({ scope: "read", limits: { sockets: 2 } });
  const open = (byFrame = false) => openSocket(`${url}/sockets/events/${id}`, key, byFrame);
  const [first, second] = [await open(), await open(true)];
  expect([first.outcome, second.outcome]).toEqual(["open", "open"]);
  expect((await open()).outcome).toContain("429");
  expect((await open(true)).outcome).toBe(`1013 sockets: key ${keyId} may use 2 open sockets at a time`);
  first.socket.close();
  await expect.poll(async () => (await open()).outcome, eventually).toBe("open");
  second.socket.close();
});

it("messages on a socket count as requests, and a flood of them ends it", async () => {
  await using bench = await openAccess();
  const id = await bench.start(OPERATOR_KEY);
  const { url } = await bench.server.listen();
  const { key } = await bench.newKey({ scope: "read", limits: { requests_per_minute: 3 } });
  const { socket } = await openSocket(`${url}/sockets/events/${id}`, key);
  const closed = new Promise<string>((done) =>
    socket.on("close", (code, reason) => done(`${code} ${reason}`)),
  );
  for (let sent = 0; sent < 3; sent += 1) socket.send(JSON.stringify(HELLO));
  expect(await closed).toMatch(/^1013 requests_per_minute: key \w+ may use 3 requests a minute$/);
});

it("a message that would begin a run too many is refused before anything is stored", async () => {
  const gate = Promise.withResolvers<void>();
  const llm = scriptedLlm([
    async () => {
      await gate.promise;
      return say("Done.");
    },
    say("Done."),
  ]);
  await using bench = await openAccess({ llm });
  const { key, id: keyId } = await bench.newKey({ scope: "write", limits: { runs: 1 } });
  const [busy, other] = [await bench.start(key), await bench.start(key)];
  const both = await Promise.all([busy, other].map((id) => bench.ask(key, "POST", EVENTS(id), HELLO)));
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 429]);
  const refused = both.find(({ status }) => status === 429);
  expect([refused?.headers.get("retry-after"), refused?.body.detail]).toEqual([
    "5",
    `runs: key ${keyId} may use 1 run at a time`,
  ]);
  const idle = both[0]?.status === 429 ? busy : other;
  expect((await bench.ask(key, "GET", `${EVENTS(idle)}/count`)).body).toBe(0);
  expect((await bench.ask(key, "POST", `/api/conversations/${idle}/run`)).status).toBe(429);
  expect((await bench.ask(key, "POST", EVENTS(idle), { ...HELLO, run: false })).status).toBe(200);
  gate.resolve();
  await expect
    .poll(async () => (await bench.ask(key, "POST", `/api/conversations/${idle}/run`)).status, eventually)
    .toBe(200);
});

it("a client that has used up its tokens begins no run, asks no question, and waits for the next hour", async () => {
  const clock = fixedClock(Date.parse("2030-01-01T10:20:00Z"));
  await using bench = await openAccess({ llm: costly(), clock });
  const { key, id: keyId } = await bench.newKey({ scope: "write", limits: { tokens_per_hour: 100 } });
  const id = await bench.start(key);
  expect((await bench.ask(key, "POST", EVENTS(id), HELLO)).status).toBe(200);
  const status = async () => (await bench.ask(key, "GET", `/api/conversations/${id}`)).body.execution_status;
  await expect.poll(status, eventually).toBe("finished");
  const before = (await bench.ask(key, "GET", `${EVENTS(id)}/count`)).body;
  const attempts = [
    [EVENTS(id), HELLO],
    [`/api/conversations/${id}/run`, undefined],
    [`/api/conversations/${id}/ask_agent`, { question: "Why?" }],
    [`/api/conversations/${id}/goal`, { objective: "All of it." }],
    [
      "/api/conversations",
      {
        workspace: { working_dir: bench.server.workingDir },
        agent: { llm: { model: "scripted" }, tools: [] },
        initial_message: HELLO,
      },
    ],
  ] as const;
  for (const [path, body] of attempts) {
    const refused = await bench.ask(key, "POST", path, body);
    expect([path, refused.status, refused.body.detail, Number(refused.headers.get("retry-after"))]).toEqual([
      path,
      429,
      `tokens_per_hour: key ${keyId} may use 100 tokens an hour`,
      expect.closeTo(2_400, -1),
    ]);
  }
  expect((await bench.ask(key, "GET", `${EVENTS(id)}/count`)).body).toBe(before);
  expect((await bench.ask(key, "GET", COUNT)).body).toBe(1);
  clock.advance(40 * 60_000);
  expect((await bench.ask(key, "POST", EVENTS(id), HELLO)).status).toBe(200);
});

it("a run that uses up the cost of its client is paused before the next call, with an event that says why", async () => {
  const steps = () => [
    call("echo", { text: "again" }),
    usage({ prompt_tokens: 90, completion_tokens: 10 }, { cost: 0.5 }),
  ];
  await using bench = await openAccess({ llm: scriptedLlm(steps), limits: { costPerDay: 1.2 } });
  const { key, id: keyId } = await bench.newKey({ scope: "write" });
  const id = await bench.start(key);
  await bench.ask(key, "POST", EVENTS(id), HELLO);
  const status = async () => (await bench.ask(key, "GET", `/api/conversations/${id}`)).body.execution_status;
  await expect.poll(status, eventually).toBe("paused");
  const { body } = await bench.ask(key, "GET", `${EVENTS(id)}/search?kind=ConversationErrorEvent`);
  expect(body.items).toMatchObject([
    { code: "MaxBudgetReached", detail: expect.stringContaining(`key ${keyId} may use $1.2 a day`) },
  ]);
  const { body: info } = await bench.ask(key, "GET", `/api/conversations/${id}`);
  expect(info.stats.usage_to_metrics.default?.accumulated_cost ?? info.stats).toBe(1.5);
  // Who has no such limit goes on with it.
  expect((await bench.ask(OPERATOR_KEY, "POST", `/api/conversations/${id}/run`)).status).toBe(200);
  await bench.ask(OPERATOR_KEY, "POST", `/api/conversations/${id}/interrupt`);
});

it("what was used counts for the one who has begun the run, in whatever conversation", async () => {
  await using bench = await openAccess({ llm: costly() });
  const id = await bench.start(OPERATOR_KEY, { tags: { team: "red" } });
  const one = await bench.newKey({ scope: "write", tags: { team: "red" }, limits: { tokens_per_day: 100 } });
  const other = await bench.newKey({
    scope: "write",
    tags: { team: "red" },
    limits: { tokens_per_day: 100 },
  });
  const say = async (key: string) => {
    const { status } = await bench.ask(key, "POST", EVENTS(id), HELLO);
    await expect
      .poll(
        async () => (await bench.ask(key, "GET", `/api/conversations/${id}`)).body.execution_status,
        eventually,
      )
      .toBe("finished");
    return status;
  };
  expect([await say(OPERATOR_KEY), await say(one.key), await say(one.key)]).toEqual([200, 200, 429]);
  expect([await say(other.key), await say(OPERATOR_KEY)]).toEqual([200, 200]);
});

it("a restart in the midst of a window forgets nothing, and another server of the store counts the same", async () => {
  const store = memoryStore();
  const clock = fixedClock(Date.parse("2030-01-01T10:20:00Z"));
  const first = await openAccess({ llm: costly(), store, clock, limits: { costPerDay: 0.5 } });
  const { key } = await first.newKey({ scope: "write" });
  const id = await first.start(key);
  await first.ask(key, "POST", EVENTS(id), HELLO);
  const status = async () => (await first.ask(key, "GET", `/api/conversations/${id}`)).body.execution_status;
  await expect.poll(status, eventually).toBe("finished");
  await using second = await openAccess({ llm: costly(), store, clock, limits: { costPerDay: 0.5 } });
  const other = await second.start(key);
  expect((await second.ask(key, "POST", EVENTS(other), HELLO)).status).toBe(429);
  await first[Symbol.asyncDispose]();
  clock.advance(14 * 3_600_000);
  expect((await second.ask(key, "POST", EVENTS(other), HELLO)).status).toBe(200);
});

it("a call of a sub-agent counts once, for the creator where no request has led to it", async () => {
  const llm = twoModels(
    (turn) => (turn === 0 ? call("task", { prompt: MARK }) : say("Done.")),
    (turn) => call("think", { thought: `${turn}` }),
    1,
  );
  await using server = await delegatingServer({ llm, limits: { costPerDay: 3 } });
  const request = {
    agent: { llm: { model: "scripted" }, tools: [{ name: "task_tool_set" }] },
    workspace: { working_dir: server.workingDir },
    autotitle: false,
  };
  const { conversation } = await server.conversations.create(request, { createdBy: "ada" });
  await conversation.sendMessage("Go.");
  await untilStatus(server, conversation.id, "paused");
  const { usage_to_metrics: figures = {} } = (await server.conversations.get(conversation.id)).stats;
  const cost = Object.values(figures).reduce((sum, { accumulated_cost = 0 }) => sum + accumulated_cost, 0);
  expect(cost).toBe(3);
  const of = (createdBy: string) => server.conversations.create(request, { createdBy });
  await expect((await of("ada")).conversation.sendMessage("Go on.")).rejects.toThrow("cost_per_day");
  await (await of("bob")).conversation.sendMessage("Go on.");
});

it("limits that do not make sense are refused", async () => {
  const wrong = [
    { sockets: 0 },
    { requestsPerMinute: 1.5 },
    { runs: Number.NaN },
    { costPerDay: -1 },
    { tokensPerWeek: 5 },
    { sessionKeys: "yes" },
  ];
  for (const limits of wrong) {
    const options = { apiKeys: ["k"], store: memoryStore(), limits: limits as object };
    expect(() => createServer(options)).toThrow(/^limits\.\w+: must be /);
  }
  await using bench = await openAccess();
  for (const limits of [{ sockets: 0 }, { tokens_per_day: 0.5 }, { cost_per_day: 0 }, { sockts: 1 }]) {
    const body = { name: "n", scope: "read", limits };
    expect((await bench.ask(OPERATOR_KEY, "POST", "/api/access-keys", body)).status).toBe(422);
  }
});

interface Opened {
  outcome: string;
  socket: WebSocket;
}

function openSocket(url: string, key: string, byFrame = false): Promise<Opened> {
  return new Promise((resolve) => {
    const headers = byFrame ? {} : { "x-session-api-key": key };
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    const frame = JSON.stringify({ type: "auth", session_api_key: key });
    socket.on("open", () => byFrame && socket.send(frame));
    socket.on("message", () => resolve({ outcome: "open", socket }));
    socket.on("close", (code, reason) => resolve({ outcome: `${code} ${reason}`, socket }));
    socket.on("error", ({ message }) => resolve({ outcome: message, socket }));
  });
}
