import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLlm } from "../../src/llm/create-llm.ts";
import type { CompletionLog } from "../../src/llm/decorators/with-completion-log.ts";
import type { LlmError } from "../../src/llm/llm-error.ts";
import { resolveModel } from "../../src/llm/model.ts";
import { PROVIDERS } from "../../src/llm/providers.ts";
import { silentLogger } from "../../src/logger.ts";
import { say } from "../../src/testing/scripted-llm/llm-script.ts";
import { startScriptedLlmServer } from "../../src/testing/scripted-llm/scripted-llm-server.ts";
import { llmConfig } from "../../src/wire/agent/llm-config.ts";
import { type Message, text } from "../../src/wire/events/message.ts";
import { assistantCalls, model, recordedProvider, system, toolResult, user } from "./recorded-provider.ts";

function endpoint(config: Record<string, unknown>, environment: Record<string, string> = {}) {
  return resolveModel(llmConfig.parse(config), environment).endpoint;
}

describe("the address of a model at Ollama", () => {
  it("may have a field for it alone, which no other provider reads", () => {
    const ollama_base_url = "http://10.0.0.7:11434";
    const of = (model: string, more: object = {}) => endpoint({ model, ollama_base_url, ...more })?.baseUrl;
    expect(of("ollama/qwen3")).toBe("http://10.0.0.7:11434/v1");
    expect(of("ollama/qwen3", { base_url: "http://10.0.0.8:1" })).toBe("http://10.0.0.8:1/v1");
    expect(of("openai/gpt-4o", { api_key: "k" })).toBe("https://api.openai.com/v1");
  });
});

describe("a model's name", () => {
  it.each([
    ["anthropic/claude-opus-4-8", "anthropic", "claude-opus-4-8", "https://api.anthropic.com"],
    ["openai/gpt-5.5", "openai", "gpt-5.5", "https://api.openai.com/v1"],
    [
      "gemini/gemini-3-pro-preview",
      "gemini",
      "gemini-3-pro-preview",
      "https://generativelanguage.googleapis.com/v1beta/openai",
    ],
    [
      "openrouter/anthropic/claude-opus-4.8",
      "openrouter",
      "anthropic/claude-opus-4.8",
      "https://openrouter.ai/api/v1",
    ],
    ["deepseek/deepseek-chat", "deepseek", "deepseek-chat", "https://api.deepseek.com"],
    ["mistral/devstral-medium", "mistral", "devstral-medium", "https://api.mistral.ai/v1"],
    ["moonshot/kimi-k2.6", "moonshot", "kimi-k2.6", "https://api.moonshot.ai/v1"],
    ["groq/llama-3.3-70b-versatile", "groq", "llama-3.3-70b-versatile", "https://api.groq.com/openai/v1"],
    ["xai/grok-4", "xai", "grok-4", "https://api.x.ai/v1"],
    ["ollama/qwen3", "ollama", "qwen3", "http://localhost:11434/v1"],
    ["lm_studio/qwen3", "lm_studio", "qwen3", "http://localhost:1234/v1"],
    ["openhands/claude-opus-4-8", "openhands", "claude-opus-4-8", "https://llm-proxy.app.all-hands.dev"],
    ["gpt-5.5", "openai", "gpt-5.5", "https://api.openai.com/v1"],
    ["o3", "openai", "o3", "https://api.openai.com/v1"],
    ["claude-opus-4-8", "anthropic", "claude-opus-4-8", "https://api.anthropic.com"],
    ["gemini-2.5-pro", "gemini", "gemini-2.5-pro", "https://generativelanguage.googleapis.com/v1beta/openai"],
  ])("%s", (name, provider, sent, baseUrl) => {
    expect(endpoint({ model: name, api_key: "k" })).toMatchObject({ name: provider, model: sent, baseUrl });
  });

  it.each([
    ["hosted_vllm/mine", "http://gpu:8000", "http://gpu:8000/v1"],
    ["ollama/qwen3", "http://gpu:11434/", "http://gpu:11434/v1"],
    ["openai/gpt-5.5", "https://api.openai.com/", "https://api.openai.com/v1"],
    ["litellm_proxy/x", "https://proxy.example/", "https://proxy.example"],
    ["azure/my-gpt", "https://x.openai.azure.com", "https://x.openai.azure.com"],
    ["anthropic/claude-opus-4-8", "https://gateway.example/v1", "https://gateway.example"],
    ["something-of-mine", "http://localhost:9/v1", "http://localhost:9/v1"],
  ])("%s at base_url %s", (name, base_url, expected) => {
    expect(endpoint({ model: name, base_url, api_key: "k" }).baseUrl).toBe(expected);
  });

  it("is looked for in a Bedrock region", () => {
    const found = endpoint({
      model: "bedrock/openai.gpt-oss-120b",
      aws_region_name: "eu-west-1",
      api_key: "k",
    });
    expect(found.baseUrl).toBe("https://bedrock-runtime.eu-west-1.amazonaws.com");
  });

  it("of an unknown provider is refused with the known ones", async () => {
    const error = await model({ model: "unknown/x" })
      .ask()
      .catch((reason: LlmError) => reason);
    expect(error).toMatchObject({ name: "LLMBadRequestError", retryable: false });
    for (const known of [...Object.keys(PROVIDERS), "demo/tour"]) {
      expect(error).toHaveProperty("message", expect.stringContaining(known));
    }
  });

  it.each([
    ["hosted_vllm/x", {}, "base_url is missing: hosted_vllm/ models need it, or HOSTED_VLLM_API_BASE"],
    ["bedrock/x", {}, "aws_region_name"],
    ["bedrock/x", { aws_region_name: "eu-west-1", aws_access_key_id: "AKIA" }, "needs aws_secret_access_key"],
    [
      "bedrock/x",
      { aws_region_name: "eu-west-1", base_url: "https://elsewhere.test" },
      "gets no credentials",
    ],
    ["openai/x", { base_url: "localhost" }, "not an absolute URL"],
    ["openai/x", { base_url: "ftp://localhost" }, "base_url: must be http or https, not ftp:"],
    ["openai/x", { base_url: "https://me:hidden@host" }, "base_url: must not have a user name or password"],
    ["openai/gpt-4o", {}, "OPENAI_API_KEY"],
    ["openai/gpt-4o", { api_key: "k", max_input_tokens: 1000 }, "max_input_tokens: 1000 is too small"],
    ["demo/unknown", {}, "demo/tour"],
  ])("%s with %o says what is missing", async (name, rest, said) => {
    await expect(model({ model: name, api_key: null, ...rest }).ask()).rejects.toThrow(said);
  });
});

describe("keys", () => {
  const environment = { OPENAI_API_KEY: "from-environment" };

  it("come from the request first, then from the environment", () => {
    expect(endpoint({ model: "openai/gpt-4o", api_key: "mine" }, environment).apiKey).toBe("mine");
    expect(endpoint({ model: "openai/gpt-4o" }, environment).apiKey).toBe("from-environment");
  });

  it("of the environment are not sent to an address of the client's choice", async () => {
    const provider = await recordedProvider({ body: { choices: [{ message: { content: "Hi" } }] } });
    await model({ model: "openai/gpt-4o", api_key: null, base_url: provider.url }, environment).ask();
    expect(JSON.stringify(provider.requests[0]?.headers)).not.toContain("from-environment");
  });

  it("of the environment go to the environment's own address", async () => {
    const provider = await recordedProvider({ body: { choices: [{ message: { content: "Hi" } }] } });
    const own = { ...environment, OPENAI_BASE_URL: provider.url };
    await model({ model: "openai/gpt-4o", api_key: null }, own).ask();
    expect(provider.requests[0]?.headers.authorization).toBe("Bearer from-environment");
  });

  it.each([
    { auth_type: "subscription", api_key: null },
    { auth_type: "subscription", is_subscription: true },
  ])("of the server do not pay for a login with a subscription: %j", async (login) => {
    const provider = await recordedProvider({ body: {} });
    const environment = { OPENAI_API_KEY: "from-environment", OPENAI_BASE_URL: provider.url };
    const asked = model({ model: "openai/gpt-5.5", ...login }, environment).ask();
    await expect(asked).rejects.toThrow("auth_type: logins with a subscription are not supported");
    expect(provider.requests).toEqual([]);
  });

  it.each([["ollama/qwen3"], ["openai/gpt-5.5"], ["azure/mine"], ["anthropic/claude-opus-4-8"]])(
    "that are not there are not sent to %s in any form",
    async (name) => {
      const provider = await recordedProvider({ status: 404, body: {} });
      const config = { model: name, api_key: null, base_url: provider.origin };
      await model(config)
        .ask()
        .catch(() => {});
      await model({ ...config, extra_headers: { authorization: "Bearer mine" } })
        .ask()
        .catch(() => {});
      const sent = provider.requests.map(({ headers }) =>
        [headers.authorization, headers["api-key"], headers["x-api-key"]].filter(Boolean),
      );
      expect(sent).toEqual([[], ["Bearer mine"]]);
    },
  );
});

describe("loading", () => {
  it("brings in no SDK and no price list before the first call", async () => {
    const entry = fileURLToPath(new URL("../../src/llm/create-llm.ts", import.meta.url));
    const script = `
      const { registerHooks } = await import("node:module");
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      await import(${JSON.stringify(entry)});
      const heavy = loaded.filter((url) => /node_modules\\/(openai|@anthropic-ai|@pydantic)\\//.test(url));
      process.stdout.write(JSON.stringify({ loaded: loaded.length > 5, heavy }));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    expect(JSON.parse(stdout)).toEqual({ loaded: true, heavy: [] });
  });
});

describe("whether a model accepts images", () => {
  const vision = (config: Record<string, unknown>) =>
    createLlm(llmConfig.parse({ api_key: "k", ...config }), { environment: {}, logger: silentLogger }).vision;

  it.each([
    [true, { model: "openai/gpt-4o" }],
    [false, { model: "openai/gpt-4o", disable_vision: true }],
    [false, { model: "deepseek/deepseek-chat" }],
    [false, { model: "openai/mine", base_url: "http://localhost:9/v1" }],
    [
      true,
      {
        model: "openai/mine",
        base_url: "http://localhost:9/v1",
        capability_overrides: { supports_vision: true },
      },
    ],
    [undefined, { model: "demo/tour" }],
    [undefined, { model: "unknown/model" }],
  ])("%s: %j", (expected, config) => {
    expect(vision(config)).toBe(expected);
  });
});

describe("images for models that open no addresses", () => {
  it("become a note where the server loads none", async () => {
    const provider = await recordedProvider({ body: { choices: [{ message: { content: "Hi" } }] } });
    await model({ model: "moonshot/kimi-k2.6", base_url: provider.url }).ask({
      messages: [
        {
          role: "user",
          content: [{ type: "image", image_urls: ["https://example.com/a.png"], cache_prompt: false }],
        },
      ],
    });
    expect(provider.requests[0]?.body.messages[0].content).toContain("An image was left out");
  });
});

describe("log_completions", () => {
  it("tells of every call, failed ones by their file's name", async () => {
    const provider = await recordedProvider(
      { body: { choices: [{ message: { content: "Hi" } }] } },
      { status: 400, body: { error: { message: "no" } } },
    );
    const logs: CompletionLog[] = [];
    const config = { model: "openai/gpt-4o", api_key: "k", base_url: provider.url, log_completions: true };
    const llm = createLlm(llmConfig.parse(config), {
      environment: {},
      logger: silentLogger,
      onCompletion: (log) => logs.push(log),
    });
    const request = { messages: [user("Hello")], tools: [], signal: new AbortController().signal };
    await llm.complete(request);
    await expect(llm.complete(request)).rejects.toThrow();
    expect(logs.map((log) => log.filename)).toEqual([
      expect.stringMatching(/^openai__gpt-4o-\d+\.\d{3}-[0-9a-f]{4}\.json$/),
      expect.stringMatching(/-error\.json$/),
    ]);
    expect(JSON.parse(logs[0]?.log_data ?? "")).toMatchObject({
      messages: [{ role: "user" }],
      response: { message: { content: [{ text: "Hi" }] } },
    });
  });
});

describe("a long conversation", () => {
  it.each([["openai/gpt-4o"], ["openai/gpt-5.5"], ["anthropic/claude-opus-4-8"]])(
    "has each of its messages converted once for %s",
    async (name) => {
      const provider = await startScriptedLlmServer(() => say("Hi"));
      onTestFinished(() => provider.close());
      let read = 0;
      const old: Message = {
        role: "user",
        get content() {
          read += 1;
          return [text("Hello")];
        },
      };
      const { ask } = model({ model: name, base_url: provider.url });
      const messages = [
        system("fixed"),
        old,
        assistantCalls(["c1", "terminal", "{}"]),
        toolResult("c1", "terminal", ""),
      ];
      await ask({ messages });
      const first = read;
      await ask({ messages: [...messages, user("more")] });
      expect(first).toBeGreaterThan(0);
      expect(read).toBe(first);
      expect(JSON.stringify(provider.requests[1]?.body)).toContain("Hello");
    },
  );
});
