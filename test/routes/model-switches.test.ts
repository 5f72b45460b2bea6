import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LlmConfig, memoryStore } from "agent-server";
import { after, say, scriptedLlm } from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ask, openServer } from "./settings/open-server.ts";

const LLM = { model: "openai/first", api_key: "sk-first" };

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-switch-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A server whose models say their own names; it notes which were created. */
function open(more: Parameters<typeof openServer>[0] = {}) {
  const created: LlmConfig[] = [];
  const ask = openServer({
    secretKey: "secret",
    createLlm(config) {
      created.push(config);
      return scriptedLlm([say(config.model), say(config.model)]);
    },
    ...more,
  });
  return { ask, created };
}

async function start(ask: Ask, agent: object = {}): Promise<string> {
  const { body } = await ask("POST", "/api/conversations", {
    agent: { llm: LLM, tools: [], ...agent },
    autotitle: false,
    workspace: { working_dir: join(folder, "work") },
  });
  return body.id;
}

async function talk(ask: Ask, id: string): Promise<void> {
  await ask("POST", `/api/conversations/${id}/events`, {
    role: "user",
    content: [{ type: "text", text: "Who are you?" }],
    run: true,
  });
  await finished(ask, id);
}

function finished(ask: Ask, id: string): Promise<void> {
  return vi.waitFor(
    async () => expect((await ask("GET", `/api/conversations/${id}`)).body.execution_status).toBe("finished"),
    { timeout: 30_000 },
  );
}

async function said(ask: Ask, id: string): Promise<string> {
  return (await ask("GET", `/api/conversations/${id}/agent_final_response`)).body.response;
}

const switchTo = (ask: Ask, id: string, llm: object) =>
  ask("POST", `/api/conversations/${id}/switch_llm`, { llm });

describe("a conversation that gets another model", () => {
  it("asks it from the next call on, under its own account, and tells its watchers", async () => {
    const { ask, created } = open();
    const id = await start(ask);
    await talk(ask, id);
    expect(await said(ask, id)).toBe("openai/first");
    const answer = await switchTo(ask, id, {
      model: "openai/second",
      api_key: "sk-second",
      stream: true,
      usage_id: "profile:second:1",
    });
    expect(answer).toEqual({ status: 200, body: { success: true } });
    const { body } = await ask("GET", `/api/conversations/${id}`);
    expect(body.agent.llm).toMatchObject({ model: "openai/second", api_key: null });
    expect(Object.keys(body.stats.usage_to_metrics)).toEqual(["default", "profile:second:1"]);
    await talk(ask, id);
    expect(await said(ask, id)).toBe("openai/second");
    expect(created.at(-1)?.api_key).toBe("sk-second");
    const events = (await ask("GET", `/api/conversations/${id}/events/search`)).body.items;
    const update = events.find(({ key }: { key?: string }) => key === "agent");
    expect(update.value.llm).toMatchObject({ model: "openai/second", api_key: "**********" });
    expect(JSON.stringify(events)).not.toContain("sk-second");
  });

  it("keeps it through a restart", async () => {
    const store = memoryStore();
    const { ask } = open({ store });
    const id = await start(ask);
    await switchTo(ask, id, { model: "openai/second", api_key: "sk-second" });
    const again = open({ store });
    await talk(again.ask, id);
    expect(again.created[0]).toMatchObject({ model: "openai/second", api_key: "sk-second" });
  });

  it("takes the key back in the form in which the server showed it", async () => {
    const { ask, created } = open();
    await ask("POST", "/api/profiles/quick", { llm: { model: "openai/quick", api_key: "sk-quick" } });
    const shown = await ask("GET", "/api/profiles/quick", undefined, { "X-Expose-Secrets": "encrypted" });
    expect(shown.body.config.api_key).toMatch(/^gAAAAA/);
    const id = await start(ask);
    await switchTo(ask, id, { ...shown.body.config, stream: true, usage_id: "profile:quick:1" });
    await talk(ask, id);
    expect(created.at(-1)?.api_key).toBe("sk-quick");
  });

  it("has the key and address of a provider connection, and stays as it is when there is none", async () => {
    const { ask, created } = open();
    const connection = await ask("POST", "/api/llm/provider-connections", {
      display_name: "Shared",
      provider: "openai",
      api_key: "sk-shared",
      base_url: "http://127.0.0.1:9/shared",
    });
    const id = await start(ask);
    const missing = await switchTo(ask, id, { model: "openai/x", provider_connection_id: "gone" });
    expect(missing.status).toBe(422);
    expect(missing.body.detail).toContain("'gone'");
    await switchTo(ask, id, { model: "openai/linked", provider_connection_id: connection.body.id });
    await talk(ask, id);
    expect(created.at(-1)).toMatchObject({ api_key: "sk-shared", base_url: "http://127.0.0.1:9/shared" });
  });

  it("may get it during a call, whose use counts for the model that was asked", async () => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { ask } = open({
      createLlm(config) {
        const llm = scriptedLlm([after(300, say(config.model))]);
        return {
          ...llm,
          complete(request) {
            asked();
            return llm.complete(request);
          },
        };
      },
    });
    const id = await start(ask);
    await ask("POST", `/api/conversations/${id}/events`, {
      role: "user",
      content: [{ type: "text", text: "Hi" }],
      run: true,
    });
    await isAsked;
    expect((await switchTo(ask, id, { model: "openai/second", usage_id: "second" })).status).toBe(200);
    await finished(ask, id);
    expect(await said(ask, id)).toBe("openai/first");
    const { usage_to_metrics: figures } = (await ask("GET", `/api/conversations/${id}`)).body.stats;
    expect(figures.default.accumulated_token_usage.completion_tokens).toBeGreaterThan(0);
    expect(figures.second.accumulated_token_usage?.completion_tokens ?? 0).toBe(0);
  });

  it.each([
    ["the agent's", LLM, "openai/second"],
    ["its own", { model: "openai/cheap" }, "openai/cheap"],
  ])("has a condenser that had %s model", async (_, llm, expected) => {
    const { ask } = open();
    const condenser = { kind: "LLMSummarizingCondenser", llm: { ...llm, usage_id: "condenser" } };
    const id = await start(ask, { condenser });
    await switchTo(ask, id, { model: "openai/second", api_key: "sk-second", usage_id: "second" });
    const { agent } = (await ask("GET", `/api/conversations/${id}`)).body;
    expect(agent.condenser.llm).toMatchObject({ model: expected, usage_id: "condenser" });
  });
});

describe("a conversation that gets a saved model", () => {
  const switchProfile = (ask: Ask, id: string, profile_name: unknown) =>
    ask("POST", `/api/conversations/${id}/switch_profile`, { profile_name });

  it("asks it under the account of the profile, as the profile is now", async () => {
    const { ask, created } = open();
    const id = await start(ask);
    for (const key of ["sk-one", "sk-two"]) {
      await ask("POST", "/api/profiles/quick", { llm: { model: "openai/quick", api_key: key } });
      expect((await switchProfile(ask, id, "quick")).status).toBe(200);
      await talk(ask, id);
      expect(created.at(-1)).toMatchObject({ api_key: key, usage_id: "profile:quick" });
    }
  });

  it("says what is wrong with the name", async () => {
    const { ask } = open();
    const id = await start(ask);
    expect(await switchProfile(ask, id, "none")).toEqual({
      status: 404,
      body: { detail: "Profile 'none' not found" },
    });
    for (const name of ["", "../secrets", "-x", "x".repeat(65)]) {
      const { status, body } = await switchProfile(ask, id, name);
      expect(status).toBe(400);
      expect(body.detail).toContain("Invalid profile name");
    }
    expect((await switchProfile(ask, id, 3)).status).toBe(422);
  });
});

it("is refused for an unknown conversation, and for another program's models", async () => {
  const { ask } = open();
  const unknown = crypto.randomUUID();
  const path = `/api/conversations/${unknown}`;
  expect((await switchTo(ask, unknown, LLM)).body).toEqual({ detail: "Not Found" });
  expect((await ask("POST", `${path}/switch_profile`, { profile_name: "x" })).status).toBe(404);
  expect((await ask("POST", `${path}/switch_acp_model`, { model: "x" })).status).toBe(404);
  const id = await start(ask);
  expect(await ask("POST", `/api/conversations/${id}/switch_acp_model`, { model: "x" })).toEqual({
    status: 400,
    body: { detail: "switch_acp_model is only supported for ACP conversations." },
  });
});
