import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLlm } from "../../../src/llm/create-llm.ts";
import { withPrice } from "../../../src/llm/decorators/with-price.ts";
import type { Llm, LlmReply } from "../../../src/llm/llm.ts";
import { type Model, resolveModel } from "../../../src/llm/model.ts";
import { RouteLimits, type RouteLimitsOptions } from "../../../src/llm/openrouter/route-limits.ts";
import { silentLogger } from "../../../src/logger.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { recordedProvider, user } from "../recorded-provider.ts";

/** Its window is in the price list. */
const KIMI = "openrouter/moonshotai/kimi-k2";
const ENDPOINTS = "https://openrouter.ai/api/v1/models/moonshotai/kimi-k2/endpoints";
const HOUR = 3_600_000;
const FIVE_MINUTES = 300_000;

const SERVED = {
  data: {
    id: "moonshotai/kimi-k2",
    endpoints: [
      { provider_name: "DeepInfra", context_length: 131_072 },
      { provider_name: "CoreWeave", context_length: 65_536 },
      { provider_name: "Novita", context_length: 163_840 },
      { provider_name: "Novita", context_length: 150_000 },
      { provider_name: "Odd", context_length: "4096" },
      { provider_name: "Odder", context_length: 0 },
      null,
    ],
  },
};

const UNUSABLE = [
  ["a failure", { error: "Not found" }, { status: 404 }],
  ["a redirect", SERVED, { status: 302, headers: { location: "/elsewhere" } }],
  ["no JSON", "<html>", {}],
  ["another shape", { data: { endpoints: {} } }, {}],
  ["no endpoints", { data: { endpoints: [] } }, {}],
  ["no model", { data: [] }, {}],
  ["too much", JSON.stringify({ ...SERVED, padding: "x".repeat(1024 * 1024) }), {}],
] as const;

const UNLISTED = ["a/../../keys", "../a", "a/b?c=d", "a/b#c", "a//b", "a/b c", `a/${"b".repeat(300)}`];

/** OpenRouter's list of models, on loopback. An object is sent as JSON, a text as it is. */
async function openRouter(answer: unknown = SERVED, { status = 200, headers = {} } = {}) {
  const asked: { url: string; headers?: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    const body = typeof answer === "string" ? answer : JSON.stringify(answer);
    Object.assign(asked.at(-1) ?? {}, { headers: request.headers });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const fetch: RouteLimitsOptions["fetch"] = (url, init) => {
    asked.push({ url: url.href });
    return globalThis.fetch(`http://127.0.0.1:${port}${url.pathname}`, init);
  };
  return { fetch, asked };
}

function limits(fetch: RouteLimitsOptions["fetch"], more: Partial<RouteLimitsOptions> = {}) {
  const clock = { now: () => clock.time, newId: () => "id", time: 1_000 };
  return { clock, limits: new RouteLimits({ fetch, clock, logger: silentLogger, ...more }) };
}

const modelOf = (config: object = {}): Model =>
  resolveModel(llmConfig.parse({ model: KIMI, api_key: "secret-key", ...config }), {});

/** A reply of a model at another address, whose window is asked of these limits. */
async function replyOf(routeLimits: RouteLimits, config: object = {}): Promise<LlmReply> {
  const choices = [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }];
  const { url } = await recordedProvider({ body: { choices } });
  const parsed = llmConfig.parse({ model: KIMI, api_key: "secret-key", base_url: url, ...config });
  const llm = createLlm(parsed, { environment: {}, logger: silentLogger, routeLimits });
  return llm.complete({
    messages: [user("Hello")],
    tools: [],
    signal: new AbortController().signal,
    onDelta: () => {},
  });
}

describe("the context window of a model at OpenRouter", () => {
  it("is the smallest of all that may serve it, asked of OpenRouter without a key", async () => {
    const { fetch, asked } = await openRouter();
    const { contextWindow } = await replyOf(limits(fetch).limits);
    expect(contextWindow).toBe(65_536);
    expect(asked.map(({ url }) => url)).toEqual([ENDPOINTS]);
    expect(asked[0]?.headers).not.toHaveProperty("authorization");
    expect(JSON.stringify(asked)).not.toContain("secret-key");
  });

  it.each([
    [{}, 65_536],
    [{ only: ["novita"] }, 150_000],
    [{ only: [" NOVITA ", "DeepInfra"] }, 131_072],
    [{ ignore: ["coreweave"] }, 131_072],
    [{ only: ["CoreWeave", "Novita"], ignore: ["CoreWeave"] }, 150_000],
    [{ only: ["CoreWeave"], order: ["Novita"] }, 65_536],
    [{ order: ["Novita"] }, 65_536],
    [{ order: ["Novita"], allow_fallbacks: false }, 150_000],
    [{ order: ["Nobody", "DeepInfra", "CoreWeave"], allow_fallbacks: false }, 131_072],
    [{ order: ["CoreWeave", "DeepInfra"], ignore: ["CoreWeave"], allow_fallbacks: false }, 131_072],
    [{ allow_fallbacks: false }, 65_536],
    [{ only: ["Nobody"] }, null],
    [{ only: [5] }, null],
    [{ order: ["Nobody"] }, null],
    [{ ignore: ["DeepInfra", "CoreWeave", "Novita"] }, null],
    [{ only: "Novita" }, 65_536],
    ["Novita", 65_536],
    [["Novita"], 65_536],
    [null, 65_536],
  ])("follows the configuration's choice of providers: %j", async (provider, window) => {
    const { fetch } = await openRouter();
    const model = modelOf({ litellm_extra_body: { provider } });
    expect(await limits(fetch).limits.windowOf(model)).toBe(window);
  });

  it.each(UNUSABLE)("is that of the price list where OpenRouter answers with %s", async (_, answer, how) => {
    const { fetch, asked } = await openRouter(answer, how);
    const known = await replyOf(limits(fetch).limits);
    const { contextWindow: listed } = await replyOf({ windowOf: async () => null } as unknown as RouteLimits);
    expect(known.contextWindow).toBe(listed);
    expect(listed).toBeGreaterThan(65_536);
    expect(asked).toHaveLength(1);
  });

  it("is read from a list of one model, too", async () => {
    const { fetch } = await openRouter({ data: [SERVED.data] });
    expect(await limits(fetch).limits.windowOf(modelOf())).toBe(65_536);
  });

  it("is asked for once by all who want to know, and again after an hour", async () => {
    const { fetch, asked } = await openRouter();
    const { limits: known, clock } = limits(fetch);
    const novita = { litellm_extra_body: { provider: { only: ["Novita"] } } };
    const windows = await Promise.all([known.windowOf(modelOf()), known.windowOf(modelOf(novita))]);
    expect(windows).toEqual([65_536, 150_000]);
    clock.time += HOUR - 1;
    expect(await known.windowOf(modelOf())).toBe(65_536);
    expect(asked).toHaveLength(1);
    clock.time += 1;
    expect(await known.windowOf(modelOf())).toBe(65_536);
    expect(asked).toHaveLength(2);
  });

  it("is asked for again after five minutes where there was no answer", async () => {
    const { fetch, asked } = await openRouter("", { status: 503 });
    const { limits: known, clock } = limits(fetch);
    for (const [wait, questions] of [
      [0, 1],
      [FIVE_MINUTES - 1, 1],
      [1, 2],
    ] as const) {
      clock.time += wait;
      expect(await known.windowOf(modelOf())).toBeNull();
      expect(asked).toHaveLength(questions);
    }
  });

  it("is kept for a thousand models, of which those in use stay", async () => {
    const asked: string[] = [];
    const { limits: known } = limits(async ({ href }) => {
      asked.push(href);
      return Response.json(SERVED);
    });
    const ask = (name: string) => known.windowOf(modelOf({ model: `openrouter/author/${name}` }));
    for (let index = 0; index < 1_000; index += 1) await ask(`m${index}`);
    await ask("m0");
    await ask("one-more");
    expect(asked).toHaveLength(1_001);
    await ask("m0");
    expect(asked).toHaveLength(1_001);
    await ask("m1");
    expect(asked).toHaveLength(1_002);
  });

  it("is not waited for past a time-out, nor after the call was aborted", async () => {
    const hung: RouteLimitsOptions["fetch"] = (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    expect(await limits(hung, { timeout: 50 }).limits.windowOf(modelOf())).toBeNull();

    const controller = new AbortController();
    const llm: Llm = { complete: async () => ({ contextWindow: 0, usage: null }) as LlmReply };
    const reply = withPrice(llm, modelOf().config, { askWindow: () => new Promise(() => {}) }).complete({
      messages: [],
      tools: [],
      signal: controller.signal,
      onDelta: () => {},
    });
    controller.abort();
    expect((await reply).contextWindow).toBeGreaterThan(65_536);
  });

  it("is the configuration's own where it has one, and OpenRouter is not asked", async () => {
    const { fetch, asked } = await openRouter();
    const { contextWindow } = await replyOf(limits(fetch).limits, { max_input_tokens: 20_000 });
    expect(contextWindow).toBe(20_000);
    expect(asked).toEqual([]);
  });

  it("is not asked for of other models", async () => {
    const { fetch, asked } = await openRouter();
    for (const model of ["openai/gpt-4o", "deepseek/deepseek-chat", "litellm_proxy/openrouter/a/b"])
      await replyOf(limits(fetch).limits, { model });
    expect(asked).toEqual([]);
  });

  it.each([
    ["openai/gpt-4o", "openai/gpt-4o"],
    ["openai/deepseek/deepseek-chat:free", "deepseek/deepseek-chat:free"],
    ["openrouter/auto", "openrouter/auto"],
  ])("is asked for of %s at the address of OpenRouter as %s", async (model, listed) => {
    const { fetch, asked } = await openRouter();
    const base_url = "https://openrouter.ai/api/v1";
    expect(await limits(fetch).limits.windowOf(modelOf({ model, base_url }))).toBe(65_536);
    expect(asked[0]?.url).toBe(`https://openrouter.ai/api/v1/models/${listed}/endpoints`);
  });

  it.each(UNLISTED)("is not asked for under a name that no model there has: %s", async (name) => {
    const { fetch, asked } = await openRouter();
    expect(await limits(fetch).limits.windowOf(modelOf({ model: `openrouter/${name}` }))).toBeNull();
    expect(asked).toEqual([]);
  });
});
