import { describe, expect, it } from "vitest";
import { AgentServerError } from "../../../src/errors.ts";
import { createLlm } from "../../../src/llm/create-llm.ts";
import type { CompletionLog } from "../../../src/llm/decorators/with-completion-log.ts";
import type { Subscription, SubscriptionTokens } from "../../../src/llm/subscription/subscription-llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { type Message, text } from "../../../src/wire/events/message.ts";
import {
  assistantCalls,
  type Recorded,
  recordedProvider,
  system,
  toolResult,
  user,
} from "../recorded-provider.ts";

const TOKENS: SubscriptionTokens = { accessToken: "access-token-1", accountId: "acc-1" };

/** As the service answers: its items come one by one, and the completed response has none. */
const HELLO: Recorded = {
  stream: [
    { type: "response.output_text.delta", delta: "Hello" },
    {
      type: "response.output_item.done",
      item: { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] },
    },
    { type: "response.completed", response: { id: "r1", model: "gpt-5.5", output: [] } },
  ],
};

async function open(
  config: object = {},
  {
    tokens = async () => TOKENS,
    answers = [HELLO],
  }: { tokens?: Subscription["tokens"]; answers?: Recorded[] } = {},
) {
  const provider = await recordedProvider(...answers);
  const logs: CompletionLog[] = [];
  const llm = createLlm(
    llmConfig.parse({ model: "openai/gpt-5.5", auth_type: "subscription", num_retries: 2, ...config }),
    {
      environment: { OPENAI_API_KEY: "of-the-server" },
      logger: silentLogger,
      sleep: async () => {},
      subscription: { models: async () => ["gpt-5.5", "gpt-6-sol"], tokens, baseUrl: provider.url },
      onCompletion: (log) => logs.push(log),
    },
  );
  const ask = (messages: readonly Message[] = [system("Rules."), user("Hi.")], more: object = {}) =>
    llm.complete({ messages, tools: [], signal: new AbortController().signal, ...more });
  return { provider, llm, ask, logs };
}

describe("a model that a subscription pays for", () => {
  it("is asked at the service of the subscription, with the tokens and without options that it refuses", async () => {
    const { provider, ask, llm } = await open({
      base_url: "https://example.org/v1",
      temperature: 0.5,
      max_output_tokens: 100,
      reasoning_effort: "high",
      prompt_cache_retention: "24h",
    });
    expect((await ask()).message.content).toEqual([text("Hello")]);
    expect(llm.vision).toBe(true);
    const [request] = provider.requests;
    expect(request?.path).toBe("/v1/responses");
    expect(request?.headers).toMatchObject({
      authorization: "Bearer access-token-1",
      originator: "codex_cli_rs",
      "openai-beta": "responses=experimental",
      "chatgpt-account-id": "acc-1",
    });
    expect(request?.body).toMatchObject({ model: "gpt-5.5", store: false, stream: true });
    for (const refused of [
      "temperature",
      "max_output_tokens",
      "reasoning",
      "include",
      "prompt_cache_retention",
    ]) {
      expect(request?.body).not.toHaveProperty(refused);
    }
  });

  it("gets its rules in the first message of the user, and short instructions", async () => {
    const { provider, ask } = await open();
    await ask([system("Rule one."), system("Rule two."), user("Hi."), user("Go.")]);
    const { instructions, input } = provider.requests[0]?.body ?? {};
    expect(instructions).not.toContain("Rule");
    expect(instructions.length).toBeLessThan(200);
    expect(input[0]).toMatchObject({
      role: "user",
      content: [{ text: expect.stringContaining("Rule one.") }, { text: "Hi." }],
    });
    expect(input[0].content[0].text).toContain("Rule two.");
    expect(input[1]).toMatchObject({ role: "user", content: [{ text: "Go." }] });
  });

  it("gets no reasoning of earlier replies, and the rules also where the user has said nothing", async () => {
    const { provider, ask } = await open();
    const reasoned: Message = {
      ...assistantCalls(["c1", "echo", "{}"]),
      responses_reasoning_item: { id: "rs_1", summary: [], encrypted_content: "sealed" },
    };
    await ask([system("Rules."), reasoned, toolResult("c1", "echo", "ok")]);
    const { input } = provider.requests[0]?.body ?? {};
    expect(input.map(({ type }: { type: string }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
    ]);
    expect(JSON.stringify(input[0])).toContain("Rules.");
  });

  it("passes pieces of a reply on to those who read them", async () => {
    const { ask } = await open();
    const pieces: object[] = [];
    await ask(undefined, { onDelta: (piece: object) => pieces.push(piece) });
    expect(pieces).toEqual([{ content: "Hello" }]);
  });

  it("uses the tokens of the moment", async () => {
    const renewed = [TOKENS, TOKENS, { accessToken: "access-token-2", accountId: null }];
    const { provider, ask } = await open({}, { tokens: async () => renewed.shift() ?? null });
    for (const _ of [1, 2, 3]) await ask();
    expect(provider.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer access-token-1",
      "Bearer access-token-1",
      "Bearer access-token-2",
    ]);
    expect(provider.requests[2]?.headers).not.toHaveProperty("chatgpt-account-id");
    await expect(ask()).rejects.toMatchObject({ name: "LLMAuthenticationError" });
    expect(provider.requests).toHaveLength(3);
  });

  it("is refused without a sign-in and for a model that is not included, and no key of the server pays", async () => {
    const signedOut = await open({}, { tokens: async () => null });
    await expect(signedOut.ask()).rejects.toMatchObject({ name: "LLMAuthenticationError" });
    const other = await open({ model: "openai/gpt-4o" });
    await expect(other.ask()).rejects.toMatchObject({
      name: "LLMBadRequestError",
      message: expect.stringContaining("gpt-5.5, gpt-6-sol"),
    });
    const silent = await open(
      {},
      { tokens: () => Promise.reject(new AgentServerError("unavailable", "The issuer is silent")) },
    );
    await expect(silent.ask()).rejects.toMatchObject({ name: "LLMServiceUnavailableError" });
    for (const { provider } of [signedOut, other, silent]) expect(provider.requests).toEqual([]);
  });

  it("is tried again when the service fails, and never quotes a token that it refuses", async () => {
    const failing = await open({}, { answers: [{ status: 503, body: {} }, HELLO] });
    expect((await failing.ask()).message.content).toEqual([text("Hello")]);
    const refusing = await open(
      {},
      { answers: [{ status: 401, body: { error: { message: "Bad access-token-1" } } }] },
    );
    await expect(refusing.ask()).rejects.toMatchObject({
      name: "LLMAuthenticationError",
      message: expect.not.stringContaining("access-token-1"),
    });
  });

  it("has no token in the log of its calls", async () => {
    const { ask, logs } = await open({ log_completions: true });
    await ask();
    expect(logs).toHaveLength(1);
    expect(JSON.stringify(logs)).not.toContain("access-token-1");
  });

  it("with a key of its own is paid by the key", async () => {
    const provider = await recordedProvider(HELLO);
    const llm = createLlm(
      llmConfig.parse({
        model: "openai/gpt-5.5",
        auth_type: "subscription",
        api_key: "own-key",
        base_url: provider.url,
        stream: true,
      }),
      {
        environment: {},
        logger: silentLogger,
        subscription: { models: async () => [], tokens: async () => TOKENS, baseUrl: "http://127.0.0.1:9" },
      },
    );
    const { signal } = new AbortController();
    await llm.complete({ messages: [user("Hi.")], tools: [], signal, onDelta: () => {} });
    expect(provider.requests[0]?.headers.authorization).toBe("Bearer own-key");
  });
});
