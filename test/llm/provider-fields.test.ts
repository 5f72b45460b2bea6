import { describe, expect, it } from "vitest";
import { resolveModel } from "../../src/llm/model.ts";
import { llmConfig } from "../../src/wire/agent/llm-config.ts";
import { model, recordedProvider, terminalTool } from "./recorded-provider.ts";

const completion = { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }] };
const response = { output: [{ type: "message", content: [{ type: "output_text", text: "Hi" }] }] };
const claude = { content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn" };

/** The request that a call in conversation "c1" sends. */
async function sent(config: Record<string, unknown>, body: object = completion) {
  const provider = await recordedProvider({ body });
  await model({ base_url: provider.url, ...config }).ask({ conversationId: "c1", tools: [terminalTool] });
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

function capabilitiesOf(name: string, rest: Record<string, unknown> = {}) {
  const config = llmConfig.parse({ model: name, api_key: "k", base_url: "https://gateway.test/v1", ...rest });
  return resolveModel(config, {}).capabilities;
}

describe("the key of the prompt cache", () => {
  it.each([
    "openai/gpt-4o",
    "openai/some-model",
    "azure/my-gpt",
    "deepseek/deepseek-chat",
    "moonshot/kimi-k2.6",
    "groq/llama-3.3-70b",
    "minimax/MiniMax-M2",
    "openrouter/anthropic/claude-sonnet-4.5",
    "hosted_vllm/qwen3",
    "lm_studio/qwen3",
    "litellm_proxy/gpt-4o",
    "litellm_proxy/prod/gpt-4o",
    "litellm_proxy/deepseek/deepseek-chat",
    "openhands/gpt-5",
    "openhands/kimi-k3",
  ])("goes to the provider of %s", (name) => {
    expect(capabilitiesOf(name).promptCacheKey).toBe(true);
  });

  it.each([
    "anthropic/claude-sonnet-4-5",
    "bedrock/openai.gpt-oss-120b-1:0",
    "gemini/gemini-2.5-pro",
    "mistral/mistral-large-latest",
    "xai/grok-4",
    "ollama/llama3",
    "digitalocean/openai-gpt-oss-120b",
    "litellm_proxy/my-alias",
    "litellm_proxy/claude-sonnet-4-5",
    "litellm_proxy/prod/claude-sonnet-4-5",
    "openhands/claude-sonnet-4-5",
  ])("is kept from the provider of %s, which would refuse the request", (name) => {
    expect(capabilitiesOf(name).promptCacheKey).toBe(false);
  });

  it("is the configuration's matter where it says so", () => {
    const on = { capability_overrides: { supports_prompt_cache_key: true } };
    const off = { capability_overrides: { supports_prompt_cache_key: false } };
    expect(capabilitiesOf("litellm_proxy/my-alias", on).promptCacheKey).toBe(true);
    expect(capabilitiesOf("openai/gpt-4o", off).promptCacheKey).toBe(false);
    expect(capabilitiesOf("litellm_proxy/x", { model_canonical_name: "openai/gpt-4o" }).promptCacheKey).toBe(
      true,
    );
  });

  it("is the conversation's id, in Chat Completions and Responses alike", async () => {
    expect((await sent({ model: "deepseek/deepseek-chat" })).body.prompt_cache_key).toBe("c1");
    expect((await sent({ model: "openai/gpt-5.5" }, response)).body.prompt_cache_key).toBe("c1");
    const alias = { model: "litellm_proxy/my-alias", api_mode: "responses" };
    expect((await sent(alias, response)).body).not.toHaveProperty("prompt_cache_key");
    expect((await sent({ model: "xai/grok-4", drop_params: false })).body).not.toHaveProperty(
      "prompt_cache_key",
    );
  });
});

describe("the session id of OpenRouter", () => {
  it("is the conversation's id, unless the configuration has one", async () => {
    expect((await sent({ model: "openrouter/x/y" })).body.session_id).toBe("c1");
    const own = {
      model: "openrouter/x/y",
      litellm_extra_body: { session_id: "mine", provider: { only: ["z"] } },
    };
    expect((await sent(own)).body).toMatchObject({ session_id: "mine", provider: { only: ["z"] } });
  });

  it("goes to nobody else", async () => {
    expect((await sent({ model: "openai/gpt-4o" })).body).not.toHaveProperty("session_id");
  });
});

describe("headers", () => {
  it("name the application to every provider, unless they are blank", async () => {
    const named = { "http-referer": "https://docs.all-hands.dev/", "x-title": "OpenHands" };
    expect((await sent({ model: "openai/gpt-4o" })).headers).toMatchObject(named);
    expect((await sent({ model: "anthropic/claude-opus-4-8" }, claude)).headers).toMatchObject(named);
    const blank = { model: "openrouter/x/y", openrouter_site_url: "", openrouter_app_name: "" };
    const { headers } = await sent(blank);
    expect(headers).not.toHaveProperty("http-referer");
    expect(headers).not.toHaveProperty("x-title");
  });

  it("of the configuration win", async () => {
    const { headers } = await sent({ model: "openai/gpt-4o", extra_headers: { "X-Title": "Mine" } });
    expect(headers["x-title"]).toBe("Mine");
  });
});

describe("the API", () => {
  it.each([
    ["openai/gpt-5.5", true],
    ["openai/gpt-5.6", true],
    ["openai/gpt-6-sol", true],
    ["litellm_proxy/gpt-6-luna", true],
    ["openhands/gpt-6.1-sol", true],
    ["openai/codex-mini-latest", true],
    ["openai/gpt-4o", false],
    ["openrouter/openai/gpt-6-sol", false],
    ["ollama/gpt-5-copy", false],
  ])("of %s is Responses: %s", (name, expected) => {
    expect(capabilitiesOf(name).responsesApi).toBe(expected);
  });

  it("of further models is Responses at OpenAI itself, not at servers that copy its API", () => {
    expect(capabilitiesOf("openai/gpt-4.1", { base_url: null }).responsesApi).toBe(true);
    expect(capabilitiesOf("openai/o3", { base_url: null }).responsesApi).toBe(true);
    expect(capabilitiesOf("openai/gpt-4.1").responsesApi).toBe(false);
  });

  it("is what the configuration says", () => {
    expect(capabilitiesOf("openai/gpt-6-sol", { api_mode: "chat" }).responsesApi).toBe(false);
    expect(capabilitiesOf("openai/mine", { api_mode: "responses" }).responsesApi).toBe(true);
  });
});

describe("thinking", () => {
  it.each([
    ["anthropic/claude-sonnet-4-5", "manual"],
    ["anthropic/claude-haiku-4-5", "manual"],
    ["anthropic/claude-sonnet-4-6", "adaptive"],
    ["anthropic/claude-opus-4-6", "adaptive"],
    ["anthropic/claude-opus-5", "adaptive"],
    ["anthropic/claude-haiku-5-5", "adaptive"],
    ["anthropic/claude-fable-5", "adaptive"],
    ["anthropic/claude-mythos-5", "adaptive"],
    ["anthropic/claude-opus-4-5", "none"],
    ["openai/gpt-6-sol", "none"],
  ])("of %s is %s", (name, expected) => {
    expect(capabilitiesOf(name).thinking).toBe(expected);
  });

  it("is what the configuration says; unknown leaves it to the effort", () => {
    const mode = (thinking_mode: string) => ({ capability_overrides: { thinking_mode } });
    expect(capabilitiesOf("anthropic/claude-opus-5", mode("manual")).thinking).toBe("manual");
    expect(capabilitiesOf("anthropic/claude-opus-5", mode("unknown")).thinking).toBe("none");
  });
});

describe("a stream", () => {
  it.each([
    ["openai/gpt-4o", completion],
    ["openai/gpt-5.5", response],
    ["anthropic/claude-opus-4-8", claude],
  ])("is not asked of %s when nobody reads its pieces", async (name, body) => {
    const provider = await recordedProvider({ body });
    const { llm } = model({ model: name, base_url: provider.url, stream: true });
    const messages = [{ role: "user" as const, content: [] }];
    await llm.complete({ messages, tools: [], signal: new AbortController().signal });
    expect(provider.requests[0]?.body).not.toHaveProperty("stream");
  });
});

describe("the address of digitalocean/ models", () => {
  it("is DigitalOcean's, to which no key of OpenAI goes", () => {
    const environment = { OPENAI_API_KEY: "sk-openai", DIGITALOCEAN_API_KEY: "do-key" };
    const config = llmConfig.parse({ model: "digitalocean/llama3.3-70b-instruct" });
    expect(resolveModel(config, environment).endpoint).toMatchObject({
      baseUrl: "https://inference.do-ai.run/v1",
      model: "llama3.3-70b-instruct",
      apiKey: "do-key",
    });
  });
});
