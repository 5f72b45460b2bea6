import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, type Llm, memoryStore, type ServerOptions } from "agent-server";
import { call, calls, isSideCall, say, scriptedLlm, storeContract } from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { buildServer } from "../../examples/01-standalone.ts";
import { buildApp as buildExpress } from "../../examples/02-express.ts";
import { buildApp as buildKoa } from "../../examples/03-koa.ts";
import { buildApp as buildFastify } from "../../examples/04-fastify.ts";
import { buildServer as buildWithModel } from "../../examples/07-custom-model.ts";
import { auditedStore, buildServer as buildAudited } from "../../examples/08-custom-store.ts";
import { buildServer as buildForUsers } from "../../examples/09-per-user-auth.ts";
import { runReviewed } from "../../examples/10-confirmation.ts";
import { listen as listenWithHono } from "../../examples/11-fetch-host.ts";
import { talk } from "../../examples/12-in-process.ts";
import { buildApp as buildSandboxed } from "../../examples/13-sandbox.ts";
import { buildServer as buildContained } from "../../examples/14-containers.ts";
import { buildApp as buildWebApp } from "../../examples/15-web-app.ts";
import { startWithMemory } from "../../examples/16-mcp.ts";
import { skillsFor } from "../../examples/17-skills.ts";
import { runWithHooks } from "../../examples/18-hooks.ts";
import { askForWeather } from "../../examples/19-plugin.ts";
import { buildServer as buildWithBudgets } from "../../examples/20-budget-per-user.ts";
import { askInForks, askInstead } from "../../examples/21-branches.ts";
import { buildServer as buildWithOthers } from "../../examples/22-other-models.ts";
import { saveRules, work } from "../../examples/23-choose-a-model.ts";
import { planThenWork } from "../../examples/24-plan-first.ts";
import { browse, buildServer as buildWithBrowser, shopper } from "../../examples/25-browser.ts";
import { delegate } from "../../examples/26-sub-agents.ts";
import { audit, SCRIPT } from "../../examples/27-workflow.ts";
import { buildReceiver, buildServer as buildWithWebhook } from "../../examples/28-webhooks.ts";
import { handOver } from "../../examples/29-another-program.ts";
import { askTwice, buildServer as buildGateway } from "../../examples/30-openai-gateway.ts";
import { buildServer as buildInPostgres } from "../../examples/31-postgres.ts";
import { buildServer as buildWithSandboxes } from "../../examples/34-sandboxes.ts";
import { readableText } from "../../src/wire/events/message.ts";
import { NO_BROWSER, site } from "../browser/test-browser.ts";
import { dropSchema, newSchema } from "../postgres/test-postgres.ts";
import { buildPages } from "../ui/built-pages.ts";
import { NO_CONTAINERS, TEST_OPTIONS } from "../workspace/container/open-container.ts";
import { MISSING } from "../workspace/sandbox/open-sandbox.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (): ServerOptions => ({
  store: memoryStore(),
  conversationsPath: join(folder, "conversations"),
  logger: "silent",
  keyless: "loopback",
});

interface Place {
  url: string;
  headers?: Record<string, string>;
}

it("01-standalone serves a conversation from task to end", async () => {
  await using server = buildServer(options());
  const { url } = await server.listen(0);
  await tour("standalone", { url });
});

it("02-express serves its own page and, below /agents, a conversation", async () => {
  const server = await listen(buildExpress(options()));
  const url = urlOf(server);
  expect(await (await fetch(url)).text()).toContain("This is the app");
  await tour("express", { url: `${url}/agents`, headers: { "X-Session-API-Key": "my-key" } });
  await close(server);
});

it("15-web-app serves its own page and, below /agents, the web app and a conversation", async () => {
  await using pages = await buildPages();
  const server = await listen(buildWebApp({ ...options(), ui: { directory: pages.directory } }));
  const url = urlOf(server);
  expect(await (await fetch(url)).text()).toContain("This is the app");
  const page = await fetch(`${url}/agents/`, { headers: { accept: "text/html" } });
  expect(await page.text()).toContain('"basename":"/agents"');
  await tour("web-app", { url: `${url}/agents`, headers: { "X-Session-API-Key": "my-key" } });
  await close(server);
});

it("03-koa serves a conversation to either key below /agents, and its own answer to everything else", async () => {
  const server = await listen(buildKoa(options()).callback());
  const url = urlOf(server);
  for (const path of ["/", "/health", "/docs"])
    expect(await (await fetch(url + path)).text()).toContain("This is the app");
  await tour("koa", { url: `${url}/agents`, headers: { "X-Session-API-Key": "second-key" } });
  await close(server);
});

it("04-fastify serves a conversation to callers that pass its own login", async () => {
  const app = buildFastify(options());
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  expect((await fetch(`${url}/agents/api/conversations/count`)).status).toBe(401);
  await tour("fastify", { url: `${url}/agents`, headers: { Authorization: "Bearer my-login" } });
  await app.close();
});

it("07-custom-model repeats a call that its gateway refused, and prices the answer", async () => {
  const statuses = [429, 200];
  const gateway = async (prompt: string) => ({ status: statuses.shift() ?? 500, answer: `Yes: ${prompt}` });
  await using server = buildWithModel(options(), gateway);
  const { conversation } = await server.conversations.create({
    agent: {
      llm: {
        model: "company/large",
        retry_min_wait: 0,
        retry_max_wait: 0,
        input_cost_per_token: 0.5,
        output_cost_per_token: 0,
      },
    },
    workspace: { working_dir: folder },
    autotitle: false,
  });
  await conversation.sendMessage("ready?");
  await reaches(server, conversation.id, "finished");
  expect(await server.conversations.agentFinalResponse(conversation.id)).toBe("Yes: ready?");
  const { stats } = await server.conversations.get(conversation.id);
  expect(stats.usage_to_metrics?.default?.accumulated_cost).toBe(5);
});

it("22-other-models has the house answer when the model of a provider fails, and for cheap prompts", async () => {
  await using server = buildWithOthers({
    ...options(),
    environment: { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" },
  });
  const ask = async (model: string) => {
    const { conversation } = await server.conversations.create({
      agent: { llm: { model, num_retries: 1 }, tools: [] },
      workspace: { working_dir: folder },
      autotitle: false,
    });
    await conversation.sendMessage("ready?");
    await reaches(server, conversation.id, "finished");
    return server.conversations.agentFinalResponse(conversation.id);
  };
  vi.stubEnv("MODEL", "openai/gpt-4o");
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await ask("company/safe")).toBe("The house model read 2 messages.");
  expect(await ask("company/cheap")).toMatch(/^The house model read/);
});

describe("08-custom-store", () => {
  const path = () => join(folder, "audit.log");
  for (const { name, run } of storeContract(() => auditedStore(memoryStore(), path()))) it(name, run);

  it("appends every event to its file", async () => {
    await using server = buildAudited({ ...options(), auditFile: path() });
    const { conversation } = await server.conversations.create({
      agent: { llm: { model: "demo/tour" } },
      workspace: { working_dir: folder },
    });
    await conversation.sendMessage("For the record.", { run: false });
    const lines = (await readFile(path(), "utf8")).split("\n");
    expect(lines.filter((line) => line.startsWith(conversation.id)).join()).toContain("For the record.");
  });
});

it("09-per-user-auth shows users their own conversations, and admins all", async () => {
  await using server = buildForUsers(options());
  const ask = (path: string, token: string, body?: object) =>
    server.fetch(
      new Request(`http://localhost/api/conversations${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
  const request = { agent: { llm: { model: "demo/tour" } }, workspace: { working_dir: folder } };
  const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id;
  const idsOf = async (answer: Response) =>
    ((await answer.json()) as { items: { id: string }[] }).items.map(({ id }) => id);
  const ofAda = await idOf(await ask("", "ada-token", request));
  const ofBob = await idOf(await ask("", "bob-token", request));
  expect((await ask(`/${ofAda}`, "ada-token")).status).toBe(200);
  expect((await ask(`/${ofBob}`, "ada-token")).status).toBe(404);
  expect((await ask(`/${ofBob.replaceAll("-", "").toUpperCase()}/run`, "ada-token", {})).status).toBe(404);
  expect(await idsOf(await ask("/search", "ada-token"))).toEqual([ofAda]);
  expect(await (await ask("/count", "ada-token")).json()).toBe(1);
  const events = "bash/bash_events/search";
  expect((await ask(`/${ofAda}/${events}`, "ada-token")).status).toBe(200);
  expect((await ask(`/${ofBob}/${events}`, "ada-token")).status).toBe(404);
  for (const path of [events, `bash/bash_events/${ofAda}`, "git/changes"]) {
    expect((await ask(`/../${path}`, "ada-token")).status).toBe(403);
  }
  expect((await ask(`/../bash/bash_commands/${ofAda}/stop`, "ada-token", {})).status).toBe(403);
  expect((await ask(`/../${events}`, "bob-token")).status).toBe(200);
  expect((await ask(`/${ofAda}`, "bob-token")).status).toBe(200);
  expect(await idsOf(await ask("/search", "bob-token"))).toHaveLength(2);
  expect(await idsOf(await ask("/search", "eve-token"))).toHaveLength(2);
  expect((await ask("", "eve-token", request)).status).toBe(403);
  expect((await ask(`/${ofAda}`, "wrong")).status).toBe(401);
});

it("10-confirmation runs what the review accepts, and tells the agent about the rest", async () => {
  await using server = createServer(options());
  const reviewed: string[] = [];
  const response = await runReviewed(server, "Have a look around.", ({ tool_name }) => {
    reviewed.push(tool_name);
    return tool_name === "terminal" ? "Not today." : undefined;
  });
  expect(reviewed).toEqual(["terminal", "task_tracker", "terminal", "task_tracker"]);
  expect(response).toContain("could not look around");
});

it("11-fetch-host serves its own page and, below /agents, a conversation", async () => {
  const { server, port } = await listenWithHono(0, options());
  const url = `http://127.0.0.1:${port}`;
  expect(await (await fetch(url)).text()).toContain("This is the app");
  await tour("hono", { url: `${url}/agents`, headers: { "X-Session-API-Key": "my-key" } });
  await close(server);
});

it("12-in-process has a response to every message", async () => {
  await using server = createServer(options());
  const responses = await talk(server, join(folder, "in-process"), ["Have a look around.", "Anything else?"]);
  expect(responses).toEqual([expect.stringContaining("tour"), expect.stringContaining("Anything else?")]);
});

it("21-branches asks forks at once, and takes a message back", async () => {
  const llm = scriptedLlm(({ messages }) =>
    say(`${messages.length}: ${JSON.stringify(messages.at(-1)?.content)}`),
  );
  await using server = createServer({ ...options(), createLlm: () => llm });
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "scripted" }, tools: [] },
    workspace: { working_dir: join(folder, "branches") },
    autotitle: false,
  });
  await conversation.sendMessage("First.");
  await expect
    .poll(async () => (await server.conversations.get(conversation.id)).execution_status)
    .toBe("finished");
  const answers = await askInForks(server, conversation.id, ["One?", "Two?"]);
  expect(answers).toEqual([expect.stringMatching(/^4: .*One/), expect.stringMatching(/^4: .*Two/)]);
  expect(await askInstead(server, conversation.id, "Other.")).toMatch(/^2: .*Other/);
});

it("24-plan-first has a plan that an agent wrote and another carried out", async () => {
  const project = join(folder, "plan");
  await mkdir(project);
  await writeFile(join(project, "page.txt"), "Hi\n");
  const plan = join(project, ".agents_tmp/PLAN.md");
  const patch = "*** Begin Patch\n*** Update File: page.txt\n@@\n-Hi\n+Hi Ann\n*** End Patch";
  const llm = scriptedLlm([
    call("glob", { pattern: "*.txt" }),
    call("planning_file_editor", { command: "insert", path: plan, insert_line: 1, new_str: "Greet Ann." }),
    say("Planned."),
    call("apply_patch", { patch }),
    say("Done."),
  ]);
  await using server = createServer({ ...options(), createLlm: () => llm });
  const work = { task: "Greet Ann.", folder: project, model: "m" };
  expect(await planThenWork(server, work)).toContain("# 1. OBJECTIVE\nGreet Ann.\n");
  expect(await readFile(join(project, "page.txt"), "utf8")).toBe("Hi Ann\n");
});

it("18-hooks keeps the agent from deleting, and formats what it writes", async () => {
  const project = join(folder, "hooks");
  await mkdir(project);
  const file = join(project, "notes.txt");
  const llm = scriptedLlm([
    call("file_editor", { command: "create", path: file, file_text: "one  \ntwo\t\n" }),
    call("terminal", { command: "rm notes.txt" }),
    call("terminal", { command: "echo arm" }),
    say("Done."),
  ]);
  await using server = createServer({ ...options(), createLlm: () => llm });
  expect(await runWithHooks(server, "Write, then delete.", project)).toEqual([
    "PostToolUse file_editor ok",
    "PreToolUse terminal refused: Nothing is deleted here.",
    "PreToolUse terminal ok",
  ]);
  expect(await readFile(file, "utf8")).toBe("one\ntwo\n");
});

it("26-sub-agents shares its work with sub-agents of the request and of the project, whose questions it answers", async () => {
  const llm = scriptedLlm((request) => {
    const words = request.messages.map(({ content }) => readableText(content)).join("\n");
    const turn = request.messages.filter(({ role }) => role === "assistant").length;
    if (words.includes("You run tests.")) return say("All pass.");
    if (words.includes("You review changes."))
      return turn === 0 ? call("terminal", { command: "echo looked" }) : say("No fault.");
    const names = ["tester", "reviewer"].map(
      (name) => ["task", { prompt: "Go.", subagent_type: name }] as const,
    );
    return turn === 0 ? calls(...names) : say("Tested and reviewed.");
  });
  await using server = createServer({ ...options(), createLlm: () => llm });
  const { report, reports } = await delegate(server, "Go.", join(folder, "delegated"), { model: "m" });
  expect(report).toBe("Tested and reviewed.");
  expect(reports.sort()).toEqual(["All pass.", "No fault."]);
});

it("27-workflow audits areas at once and reduces the reports to one", async () => {
  const llm = scriptedLlm(
    (request) => {
      const words = readableText(request.messages.find(({ role }) => role === "user")?.content ?? []);
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      if (words.startsWith("Write one report")) return say("One report.");
      if (words.startsWith("Audit the tests of ") && !words.includes("async def"))
        return say(`${words} Well tested.`);
      if (turn === 0) return call("workflow", { name: "audit", script: SCRIPT });
      return say(readableText(request.messages.at(-1)?.content ?? []));
    },
    { cost: 0.01 },
  );
  const project = join(folder, "audited");
  await mkdir(project);
  await using server = createServer({ ...options(), createLlm: () => llm });
  const { report, cost } = await audit(server, project, { model: "m" });
  expect(report).toBe("One report.");
  expect(cost).toBeCloseTo(0.06);
});

it("29-another-program shows what the program does, and gives it a secret that stays hidden", async () => {
  const project = join(folder, "handed-over");
  await mkdir(project);
  await using server = createServer(options());
  const lines: string[] = [];
  const program = join(import.meta.dirname, "../acp/acp-agent.mjs");
  const answer = await handOver(server, [process.execPath, program], {
    words: "tool t1 Look around\ndone t1\nenv TOKEN",
    folder: project,
    secrets: { TOKEN: "not-for-the-log" },
    show: (line) => lines.push(line),
  });
  expect(answer).toBe("TOKEN=<secret-hidden>");
  expect(lines).toEqual(["Look around: pending", "Look around: completed"]);
}, 60_000);

it("19-plugin has the command, the skill, the hook and the tool of its plugin", async () => {
  const llm = scriptedLlm([call("forecast", { place: "Oslo" }), say("Seven degrees, and rain.")]);
  const project = join(folder, "plugin");
  await mkdir(project);
  await using server = createServer({ ...options(), createLlm: () => llm });
  const conversation = await askForWeather(server, project, "m");
  await conversation.run();
  await expect
    .poll(async () => (await server.conversations.get(conversation.id)).execution_status)
    .toBe("finished");
  const { items } = await server.conversations.events.search(conversation.id, { kind: "ObservationEvent" });
  expect(JSON.stringify(items)).toContain("Oslo: 7 degrees, rain.");
  const asked = JSON.stringify(llm.requests[0]?.messages);
  expect(asked).toContain("Call the tool `forecast`");
  expect(asked).toContain("What to wear in which weather.");
  expect(asked).toContain("Temperatures are in degrees Celsius.");
});

it("30-openai-gateway remembers what it was asked before", async () => {
  await using server = buildGateway({ ...options(), gatewayWorkspace: folder });
  const { url } = await server.listen(0);
  expect(await askTwice(url)).toEqual(["There are three files.", "The largest is README.md."]);
  expect(await server.conversations.count()).toBe(1);
});

it("31-postgres keeps a conversation for the next server on its database", async () => {
  const { connectionString, schema } = await newSchema();
  onTestFinished(() => dropSchema({ connectionString, schema }));
  const { store: _, ...own } = options();
  const first = buildInPostgres(connectionString, { ...own, schema });
  const { conversation } = await first.server.conversations.create({
    agent: { llm: { model: "demo/tour" } },
    workspace: { working_dir: folder },
  });
  await conversation.sendMessage("To be kept.", { run: false });
  await first.server.close();
  await using server = buildInPostgres(connectionString, { ...own, schema }).server;
  expect(await server.conversations.count()).toBe(1);
});

it("34-sandboxes has its agents work at another server", async () => {
  await using sandbox = createServer({
    ...options(),
    store: memoryStore(),
    apiKeys: ["key-of-the-sandbox"],
    environment: { ...process.env, HOME: folder },
  });
  const { url } = await sandbox.listen(0);
  const place = { address: url, apiKey: "key-of-the-sandbox" };
  await using server = buildWithSandboxes("http://127.0.0.1:8000", place, {
    ...options(),
    store: memoryStore(),
    secretKey: "the same for all servers",
  });
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "demo/tour" } },
    workspace: { working_dir: folder },
  });
  const ran = await conversation.useWorkspace((workspace) => workspace.run(["pwd"]));
  expect(ran.stdout.trim()).toBe(folder);
  const kept = await fetch(`${url}/api/bash/bash_events/search?kind__eq=BashCommand`, {
    headers: { "x-session-api-key": "key-of-the-sandbox" },
  });
  expect(JSON.stringify(await kept.json())).toContain("pwd");
});

it("28-webhooks takes what the server has signed, each event once, and nothing else", async () => {
  const taken: { id: string; kind: string }[] = [];
  const receiver = buildReceiver((event) => taken.push(event)).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  await using server = buildWithWebhook(urlOf(receiver), options());
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "demo/tour" } },
    workspace: { working_dir: folder },
  });
  await conversation.sendMessage("For the receiver.", { run: false });
  await expect.poll(() => taken.map(({ kind }) => kind), { timeout: 30_000 }).toContain("MessageEvent");
  expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
  const forged = await fetch(`${urlOf(receiver)}/events/1`, { method: "POST", body: '[{"id":"forged"}]' });
  expect(forged.status).toBe(401);
  expect(taken.map(({ id }) => id)).not.toContain("forged");
  await server.close();
  await close(receiver);
});

it("17-skills has the skills that a message calls for, with the suffix behind them", async () => {
  const { names, text } = await skillsFor("Prepare a RELEASE.", join(folder, "skills"), options());
  expect(names).toEqual(["releases"]);
  expect(text).toMatch(/Tags are signed\.\n<\/EXTRA_INFO>\nBe brief\.$/);
});

it.skipIf(MISSING)("13-sandbox serves a conversation whose agent works in a sandbox", async () => {
  const conversationsPath = await mkdtemp(join(tmpdir(), "agent-server-examples-"));
  const server = await listen(buildSandboxed({ ...options(), conversationsPath }, { root: folder }));
  const url = `${urlOf(server)}/agents`;
  await tour("sandbox", { url, headers: { "X-Session-API-Key": "my-key" } });
  await close(server);
  await rm(conversationsPath, { recursive: true, force: true });
});

it.skipIf(NO_CONTAINERS)("14-containers serves a conversation whose agent works in a container", async () => {
  const conversationsPath = await mkdtemp(join(tmpdir(), "agent-server-examples-"));
  const containers = { ...TEST_OPTIONS, root: folder };
  const server = buildContained({ ...options(), conversationsPath }, containers);
  const { url } = await server.listen(0);
  await tour("container", { url, headers: { "X-Session-API-Key": "my-key" } });
  await server.close();
  await rm(conversationsPath, { recursive: true, force: true });
});

it("16-mcp has an agent that calls a tool of its MCP server", async () => {
  const entities = [{ name: "tap", entityType: "thing", observations: ["It drips."] }];
  const title = { when: isSideCall, step: say("The tap") };
  const llm = scriptedLlm([call("create_entities", { entities }), say("I will remember.")], {
    rules: [title],
  });
  await using server = createServer({ ...options(), createLlm: () => llm });
  const conversation = await startWithMemory(server, await mkdtemp(join(folder, "memory-")), "scripted");
  await conversation.run();
  await expect.poll(() => server.conversations.agentFinalResponse(conversation.id)).toBe("I will remember.");
  expect(JSON.stringify(llm.requests.at(-1)?.messages)).toContain("[Tool 'create_entities' executed.]");
});

it("no example is longer than 60 lines", async () => {
  const examples = join(import.meta.dirname, "../../examples");
  const sources = (await readdir(examples)).filter((name) => /\.(ts|md)$/.test(name));
  for (const name of sources) {
    const lines = (await readFile(join(examples, name), "utf8")).trimEnd().split("\n");
    expect([name, lines.length <= 60]).toEqual([name, true]);
  }
});

async function reaches(server: AgentServer, id: string, status: string): Promise<void> {
  for await (const event of server.conversations.follow(id)) {
    if (event.kind === "ConversationStateUpdateEvent" && event.value === status) return;
  }
}

/** The first thing a user does: post a task, watch the socket, read the answer. */
async function tour(name: string, { url, headers = {} }: Place): Promise<void> {
  const workingDir = join(folder, name);
  const created = await fetch(`${url}/api/conversations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      agent: {
        llm: { model: "demo/tour" },
        tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
      },
      workspace: { working_dir: workingDir },
      initial_message: { content: [{ type: "text", text: "Have a look around." }] },
    }),
  });
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as { id: string };
  const kinds = await watch(`${url.replace("http", "ws")}/sockets/events/${id}?resend_mode=all`, headers);
  expect(kinds[0]).toBe("ConversationStateUpdateEvent");
  expect(kinds).toEqual(expect.arrayContaining(["MessageEvent", "ActionEvent", "ObservationEvent"]));
  expect(await readFile(join(workingDir, "NOTES.md"), "utf8")).toContain("Notes");
  const answer = await fetch(`${url}/api/conversations/${id}/agent_final_response`, { headers });
  expect(((await answer.json()) as { response: string }).response).toContain("tour");
}

/** Kinds of the events up to the one that says the agent has finished. */
async function watch(url: string, headers: Record<string, string>): Promise<string[]> {
  const socket = new WebSocket(url, { headers });
  const kinds: string[] = [];
  await new Promise<void>((done, fail) => {
    socket.on("error", fail);
    socket.on("close", () => fail(new Error(`closed after ${kinds.join(", ")}`)));
    socket.on("message", (data) => {
      const event = JSON.parse(String(data)) as { kind: string; key?: string; value?: unknown };
      kinds.push(event.kind);
      if (event.key === "execution_status" && event.value === "finished") done();
    });
  });
  socket.terminate();
  return kinds;
}

async function listen(handler: RequestListener): Promise<Server> {
  const server = createHttpServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function urlOf(server: Server): string {
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}

it("20-budget-per-user pauses the agent of a user whose budget is used up, and nobody else's", async () => {
  let count = 0;
  const llm = scriptedLlm(
    () => {
      count += 1;
      return call("think", { thought: `${count}` });
    },
    { cost: 4 },
  );
  await using server = buildWithBudgets({
    ...options(),
    createLlm: () => llm,
    budgets: { conversation: { steps: 6 } },
  });
  const start = async (token: string) => {
    const answer = await server.fetch(
      new Request("http://localhost/api/conversations", {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({
          agent: { llm: { model: "m" } },
          workspace: { working_dir: folder },
          autotitle: false,
          initial_message: { content: [{ type: "text", text: "Think." }] },
        }),
      }),
    );
    const { id } = (await answer.json()) as { id: string };
    await expect.poll(async () => (await server.conversations.get(id)).execution_status).toBe("paused");
    const { items } = await server.conversations.events.search(id, { kind: "ConversationErrorEvent" });
    return (items[0] as { detail?: string } | undefined)?.detail;
  };
  expect(await start("ada-token")).toMatch(
    /^The conversations of this user have used \$20\.00 of \$20\.00\./,
  );
  expect(await start("ada-token")).toMatch(/^The conversations of this user/);
  expect(count).toBe(5);
  await start("bob-token");
  expect(count).toBe(10);
});

it("23-choose-a-model works on with the model that the rules have for the task", async () => {
  const models: Readonly<Record<string, Llm>> = {
    "openai/everyday": scriptedLlm([call("route_task_to_model"), say("A typo.")]),
    "openai/sorter": scriptedLlm([say("2"), say("0")]),
    "openai/strong": scriptedLlm([say("A race.")]),
  };
  await using server = createServer({
    ...options(),
    keyless: "loopback",
    createLlm: ({ model }) => models[model],
  });
  await saveRules(server);
  expect(await work(server, folder, "It hangs.")).toEqual({ model: "openai/strong", answer: "A race." });
});

it.skipIf(NO_BROWSER)(
  "25-browser opens a page, clicks and reads what came of it",
  { timeout: 60_000 },
  async () => {
    const { url } = await site({
      "/": `<h1>Nails</h1><button onclick="document.querySelector('h1').textContent = 'Two nails'">Buy</button>`,
    });
    await using server = buildWithBrowser(shopper(url));
    const seen = await browse(server, folder, "Buy two nails.");
    expect(seen).toHaveLength(4);
    expect(seen.at(-1)).toContain("# Two nails");
  },
);
