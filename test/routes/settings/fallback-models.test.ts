import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, sqliteStore } from "agent-server";
import { expect, it, onTestFinished, vi } from "vitest";
import { type Recorded, recordedProvider } from "../../llm/recorded-provider.ts";
import { type Ask, openServer } from "./open-server.ts";

vi.setConfig({ testTimeout: 90_000 });

const usage = { prompt_tokens: 10, completion_tokens: 2 };
const hi: Recorded = {
  body: { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }], usage },
};
const down: Recorded = { status: 503, body: { error: { message: "overloaded" } } };
const denied: Recorded = { status: 401, body: { error: { message: "no" } } };

const agentOf = (llm: object) => ({ llm, tools: [], include_default_tools: [] });
const fallingBack = (...fallback_llms: string[]) => ({ fallback_strategy: { fallback_llms } });

async function provide(model: string, ...answers: Recorded[]) {
  const { url, requests } = await recordedProvider(...answers);
  return { llm: { model, base_url: url, api_key: `sk-${model}`, num_retries: 1 }, requests };
}

async function save(ask: Ask, name: string, llm: object, more: object = {}): Promise<void> {
  expect((await ask("POST", `/api/profiles/${name}`, { llm, ...more })).status).toBe(201);
}

async function start(ask: Ask, llm: object): Promise<string> {
  const workspace = { working_dir: "/tmp" };
  const started = await ask("POST", "/api/conversations", {
    agent: agentOf(llm),
    autotitle: false,
    workspace,
  });
  expect(started.status).toBe(201);
  return started.body.id;
}

/** Sends a message and waits for the end of its run. */
async function talk(ask: Ask, id: string): Promise<string> {
  const content = [{ type: "text", text: "Hello" }];
  await ask("POST", `/api/conversations/${id}/events`, { role: "user", content, run: true });
  return vi.waitFor(
    async () => {
      const { execution_status: status } = (await ask("GET", `/api/conversations/${id}`)).body;
      expect(["finished", "error"]).toContain(status);
      return status;
    },
    { timeout: 60_000 },
  );
}

async function eventsOf(ask: Ask, id: string) {
  return (await ask("GET", `/api/conversations/${id}/events/search?limit=100`)).body.items;
}

it("a model that fails for now is answered for by saved ones, in order; each call begins with it", async () => {
  const ask = openServer();
  const first = await provide("openai/first", down, hi);
  const second = await provide("openai/second", down);
  const third = await provide("openai/third", hi);
  await save(ask, "second", second.llm);
  await save(ask, "third", third.llm);
  const id = await start(ask, { ...first.llm, ...fallingBack("second", "third") });
  expect(await talk(ask, id)).toBe("finished");
  expect([first, second, third].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  expect(third.requests[0]?.headers.authorization).toBe("Bearer sk-openai/third");
  expect(await talk(ask, id)).toBe("finished");
  expect([first, second, third].map(({ requests }) => requests.length)).toEqual([2, 1, 1]);
});

it("what a fallback model uses counts in the same account, under its own name", async () => {
  const ask = openServer();
  const first = await provide("openai/first", down, hi);
  await save(ask, "second", (await provide("openai/second", hi)).llm);
  const id = await start(ask, { ...first.llm, ...fallingBack("second") });
  await talk(ask, id);
  await talk(ask, id);
  const { usage_to_metrics: accounts } = (await ask("GET", `/api/conversations/${id}`)).body.stats;
  expect(Object.keys(accounts)).toEqual(["default"]);
  expect(accounts.default.token_usages).toMatchObject([
    { model: "openai/second", prompt_tokens: 10 },
    { model: "openai/first", prompt_tokens: 10 },
  ]);
  expect(accounts.default).toMatchObject({
    model_name: "openai/first",
    accumulated_token_usage: { model: "openai/first", prompt_tokens: 20 },
  });
});

it("an unknown name is passed over, and when all fail the error is that of the first one", async () => {
  const ask = openServer();
  const first = await provide("openai/first", down);
  const second = await provide("openai/second", hi, denied);
  await save(ask, "second", second.llm);
  const id = await start(ask, { ...first.llm, ...fallingBack("gone", "../second", "second") });
  expect(await talk(ask, id)).toBe("finished");
  expect(await talk(ask, id)).toBe("error");
  const failure = (await eventsOf(ask, id)).find(
    ({ kind }: { kind: string }) => kind === "ConversationErrorEvent",
  );
  expect(failure).toMatchObject({ code: "LLMServiceUnavailableError" });
});

it("a fault that another model does not cure asks none", async () => {
  const ask = openServer();
  const first = await provide("openai/first", denied);
  const second = await provide("openai/second", hi);
  await save(ask, "second", second.llm);
  const id = await start(ask, { ...first.llm, ...fallingBack("second") });
  expect(await talk(ask, id)).toBe("error");
  expect(second.requests).toEqual([]);
});

it("a fallback model has no fallbacks of its own, not even itself", async () => {
  const ask = openServer();
  const first = await provide("openai/first", down);
  const second = await provide("openai/second", down);
  const third = await provide("openai/third", hi);
  await save(ask, "second", { ...second.llm, ...fallingBack("second", "third") });
  await save(ask, "third", third.llm);
  const id = await start(ask, { ...first.llm, ...fallingBack("second") });
  expect(await talk(ask, id)).toBe("error");
  expect([second.requests.length, third.requests.length]).toEqual([1, 0]);
});

it("a saved model keeps its strategy, also without its secrets, and a conversation may switch to it", async () => {
  const ask = openServer();
  const first = await provide("openai/first", down);
  const second = await provide("openai/second", hi);
  await save(ask, "second", second.llm);
  await save(ask, "first", { ...first.llm, ...fallingBack("second") }, { include_secrets: false });
  const id = await start(ask, (await provide("openai/other", hi)).llm);
  const path = `/api/conversations/${id}/switch_profile`;
  expect((await ask("POST", path, { profile_name: "first" })).status).toBe(200);
  expect(await talk(ask, id)).toBe("finished");
  expect(second.requests).toHaveLength(1);
});

it("a trial of a saved model asks no other", async () => {
  const ask = openServer();
  const first = await provide("openai/first", down);
  const second = await provide("openai/second", hi);
  await save(ask, "second", second.llm);
  const llm = { ...first.llm, ...fallingBack("second") };
  expect((await ask("POST", "/api/profiles/first/validate", { llm })).body.valid).toBe(false);
  expect(second.requests).toEqual([]);
});

it("no answer and no event shows a strategy", async () => {
  const ask = openServer({ secretKey: "secret" });
  const second = await provide("openai/second", hi);
  await save(ask, "second", second.llm);
  const llm = { ...second.llm, ...fallingBack("second") };
  await save(ask, "shy", llm);
  await ask("PATCH", "/api/settings", { agent_settings_diff: { llm } });
  const id = await start(ask, llm);
  await ask("POST", `/api/conversations/${id}/switch_llm`, { llm });
  await talk(ask, id);
  const shown = [await ask("GET", `/api/conversations/${id}?include_skills=true`)];
  shown.push(await ask("GET", `/api/conversations/${id}`), await eventsOf(ask, id));
  for (const exposure of ["", "encrypted", "plaintext"]) {
    const headers = { "X-Expose-Secrets": exposure };
    shown.push(await ask("GET", "/api/profiles/shy", undefined, headers));
    shown.push(await ask("GET", "/api/settings", undefined, headers));
  }
  expect(JSON.stringify(shown)).toContain("openai/second");
  expect(JSON.stringify(shown)).not.toContain("fallback_");
});

it("a strategy outlives a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-fallback-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "store.db");
  const first = await provide("openai/first", down);
  const second = await provide("openai/second", hi);
  const before = serve(path);
  await save(before.ask, "second", second.llm);
  const id = await start(before.ask, { ...first.llm, ...fallingBack("second") });
  await before.server.close();
  expect(await talk(serve(path).ask, id)).toBe("finished");
  expect(second.requests).toHaveLength(1);
});

function serve(path: string) {
  const server = createServer({
    apiKeys: ["key"],
    store: sqliteStore({ path }),
    secretKey: "secret",
    environment: {},
    browser: false,
    publicExtensions: { source: "/nowhere" },
    logger: "silent",
  });
  onTestFinished(() => server.close());
  const ask: Ask = async (method, path, body) => {
    const response = await server.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { "X-Session-API-Key": "key", "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    return { status: response.status, body: await response.json() };
  };
  return { server, ask };
}
