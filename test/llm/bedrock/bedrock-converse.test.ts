import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/wire/events/message.ts";
import {
  model as anyModel,
  assistantCalls,
  recordedProvider,
  system,
  terminalTool,
  toolResult,
  user,
} from "../recorded-provider.ts";
import { delta, end, eventStream, frame, reply } from "./event-frames.ts";

const CLAUDE = "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const PIXEL = "iVBORw0KGgo=";
const hi = reply([{ text: "Hi" }]);

function model(url: string, config: Record<string, unknown> = {}) {
  return anyModel({
    model: CLAUDE,
    aws_region_name: "eu-west-1",
    aws_bedrock_runtime_endpoint: url,
    ...config,
  });
}

async function sent(messages: Message[], config: Record<string, unknown> = {}, tools = [terminalTool]) {
  const provider = await recordedProvider(hi);
  await model(provider.origin, config).ask({ messages, tools });
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

describe("a request to Bedrock", () => {
  it("goes to Converse with the model in the path and the key as a bearer token", async () => {
    const { path, headers, body } = await sent([system("Be brief."), user("Hello")]);
    expect(path).toBe("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse");
    expect(headers.authorization).toBe("Bearer test-key");
    expect(body.system).toEqual([{ text: "Be brief." }, { cachePoint: { type: "default" } }]);
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "Hello" }, { cachePoint: { type: "default" } }] },
    ]);
    expect(body.toolConfig.tools).toEqual([
      {
        toolSpec: {
          name: "terminal",
          description: "Runs a command",
          inputSchema: { json: terminalTool.parameters },
        },
      },
    ]);
  });

  it("has calls, their results and thinking in turns that alternate", async () => {
    const { body } = await sent(
      [
        user("Go"),
        {
          ...assistantCalls(["call.1", "terminal", '{"command":"ls"}'], ["call.2", "terminal", "broken"]),
          thinking_blocks: [
            { type: "thinking", thinking: "Hm", signature: "sig" },
            { type: "redacted_thinking", data: "x1" },
            { type: "thinking", thinking: "unsigned", signature: null },
          ],
        },
        toolResult("call.1", "terminal", "a.txt"),
        toolResult("call.2", "terminal", "  "),
        user("Thanks"),
      ],
      { caching_prompt: false },
    );
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "Go" }] },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "Hm", signature: "sig" } } },
          { reasoningContent: { redactedContent: "x1" } },
          { toolUse: { toolUseId: "call_1", name: "terminal", input: { command: "ls" } } },
          { toolUse: { toolUseId: "call_2", name: "terminal", input: { invalid_arguments: "broken" } } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "call_1", content: [{ text: "a.txt" }] } },
          { toolResult: { toolUseId: "call_2", content: [{ text: "(no output)" }] } },
          { text: "Thanks" },
        ],
      },
    ]);
  });

  it("has images as their bytes", async () => {
    const image = (url: string) => ({ type: "image" as const, image_urls: [url], cache_prompt: false });
    const { body } = await sent(
      [
        {
          role: "user",
          content: [image(`data:image/jpg;base64,${PIXEL}`), image("data:image/svg+xml;base64,PHN2Zz4=")],
        },
      ],
      { caching_prompt: false },
    );
    expect(body.messages[0].content).toEqual([
      { image: { format: "jpeg", source: { bytes: PIXEL } } },
      { text: "[An image in another form was left out]" },
    ]);
  });

  it("names the tools of the calls in a question that has none itself", async () => {
    const history = [
      user("Go"),
      assistantCalls(["1", "terminal", "{}"]),
      toolResult("1", "terminal", "done"),
    ];
    const { body } = await sent([...history, user("Give it a title")], {}, []);
    expect(body.toolConfig.tools).toMatchObject([
      { toolSpec: { name: "terminal", inputSchema: { json: { type: "object" } } } },
    ]);
    expect((await sent([user("Hello")], {}, [])).body).not.toHaveProperty("toolConfig");
  });

  it("lets Claude think within its budget, or as it decides", async () => {
    const manual = await sent([user("Go")], { temperature: 0.5 });
    expect(manual.body.inferenceConfig).toEqual({ maxTokens: 64_000 });
    expect(manual.body.additionalModelRequestFields).toEqual({
      thinking: { type: "enabled", budget_tokens: 63_999 },
      anthropic_beta: ["interleaved-thinking-2025-05-14"],
    });
    const adaptive = await sent([user("Go")], { model: "bedrock/global.anthropic.claude-opus-5" });
    expect(adaptive.body.additionalModelRequestFields).toMatchObject({
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
    });
  });

  it("has sampling parameters, stop words and fields of other models where these take them", async () => {
    const provider = await recordedProvider(hi);
    const config = {
      model: "bedrock/mistral.mistral-large-2402-v1:0",
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      litellm_extra_body: { guardrailConfig: { guardrailIdentifier: "g" }, safe_prompt: true },
    };
    await model(provider.origin, config).ask({ stop: ["</function"] });
    expect(provider.requests[0]?.body).toMatchObject({
      inferenceConfig: { temperature: 0.5, topP: 0.9, stopSequences: ["</function"] },
      guardrailConfig: { guardrailIdentifier: "g" },
      additionalModelRequestFields: { top_k: 40, safe_prompt: true },
    });
  });

  it("leaves the tokens to a reply that a long prompt leaves in the window", async () => {
    const limits = { max_input_tokens: 20_000, max_output_tokens: 18_000, caching_prompt: false };
    const short = await sent([user("Go")], limits);
    expect(short.body.inferenceConfig.maxTokens).toBe(18_000);
    const long = await sent([user("word ".repeat(10_000))], limits);
    expect(long.body.inferenceConfig.maxTokens).toBeGreaterThan(6_000);
    expect(long.body.inferenceConfig.maxTokens).toBeLessThan(8_000);
    const full = await sent([user("word ".repeat(20_000))], limits);
    expect(full.body.inferenceConfig.maxTokens).toBe(1024);
  });

  it("goes to an address that is compatible with OpenAI in its protocol", async () => {
    const body = { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }] };
    const provider = await recordedProvider({ body });
    await model(provider.url, { model: "bedrock/openai.gpt-oss-120b" }).ask();
    expect(provider.requests[0]?.path).toBe("/v1/chat/completions");
  });
});

describe("a reply of Bedrock", () => {
  it("is read whole, with its tokens and the id of its request", async () => {
    const provider = await recordedProvider(
      reply(
        [
          { reasoningContent: { reasoningText: { text: "Hm", signature: "sig" } } },
          { text: "Look" },
          { toolUse: { toolUseId: "t1", name: "terminal", input: { command: "ls" } } },
        ],
        "tool_use",
        { cacheReadInputTokens: 10, cacheWriteInputTokens: 3 },
      ),
    );
    const answer = await model(provider.origin).ask();
    expect(answer).toMatchObject({
      id: "req-1",
      message: {
        content: [{ text: "Look" }],
        reasoning_content: "Hm",
        thinking_blocks: [{ type: "thinking", thinking: "Hm", signature: "sig" }],
        tool_calls: [{ id: "t1", name: "terminal", arguments: '{"command":"ls"}' }],
      },
      usage: { prompt_tokens: 18, completion_tokens: 2, cache_read_tokens: 10, cache_write_tokens: 3 },
    });
  });

  it("is read as it arrives, also where a piece of the network ends within a message", async () => {
    const whole = eventStream(
      frame("messageStart", { role: "assistant" }),
      delta(0, { reasoningContent: { text: "H" } }),
      delta(0, { reasoningContent: { text: "m" } }),
      delta(0, { reasoningContent: { signature: "sig" } }),
      delta(1, { text: "Gr" }),
      delta(1, { text: "üße" }),
      frame("contentBlockStop", { contentBlockIndex: 1 }),
      frame("contentBlockStart", {
        contentBlockIndex: 2,
        start: { toolUse: { toolUseId: "t1", name: "terminal" } },
      }),
      delta(2, { toolUse: { input: '{"command"' } }),
      delta(2, { toolUse: { input: ':"ls"}' } }),
      end("tool_use"),
    );
    const { headers, body } = whole as { headers: Record<string, string>; body: Uint8Array };
    const pieces = Array.from({ length: Math.ceil(body.byteLength / 7) }, (_, index) =>
      body.subarray(7 * index, 7 * index + 7),
    );
    const provider = await recordedProvider({ headers, pieces });
    const asked = model(provider.origin, { stream: true });
    expect(await asked.ask()).toMatchObject({
      message: {
        content: [{ text: "Grüße" }],
        reasoning_content: "Hm",
        thinking_blocks: [{ thinking: "Hm", signature: "sig" }],
        tool_calls: [{ id: "t1", name: "terminal", arguments: '{"command":"ls"}' }],
      },
      usage: { prompt_tokens: 5, completion_tokens: 2 },
    });
    expect(asked.deltas).toMatchObject([
      { reasoning_content: "H" },
      { reasoning_content: "m" },
      { content: "Gr" },
      { content: "üße" },
    ]);
    expect(provider.requests[0]?.path).toMatch(/\/converse-stream$/);
  });

  it("that is damaged is a malformed reply", async () => {
    const whole = eventStream(delta(0, { text: "Hello" }), end("end_turn"));
    const bytes = whole.body as Buffer;
    bytes.writeUInt8(bytes.readUInt8(60) ^ 0xff, 60);
    const provider = await recordedProvider(whole);
    await expect(model(provider.origin, { stream: true }).ask()).rejects.toMatchObject({
      name: "LLMServiceUnavailableError",
      retryable: true,
      message: expect.stringContaining("malformed"),
    });
  });

  it("that ends before its end is cut off", async () => {
    const provider = await recordedProvider(eventStream(delta(0, { text: "Hel" })));
    await expect(model(provider.origin, { stream: true }).ask()).rejects.toMatchObject({
      name: "LLMServiceUnavailableError",
      retryable: true,
    });
  });

  it("that claims a message past the bound fails at the bound", async () => {
    const claim = Buffer.alloc(1024);
    claim.writeUInt32BE(0xffffffff, 0);
    const provider = await recordedProvider({ ...eventStream(claim) });
    await expect(model(provider.origin, { stream: true }).ask()).rejects.toMatchObject({
      name: "LLMServiceUnavailableError",
    });
  });
});

describe("a failure of Bedrock", () => {
  it.each([
    [429, "ThrottlingException", "Too many requests", "LLMRateLimitError", true],
    [503, "ServiceUnavailableException", "busy", "LLMServiceUnavailableError", true],
    [
      400,
      "ValidationException",
      "Input is too long for requested model.",
      "LLMContextWindowExceedError",
      false,
    ],
    [403, "AccessDeniedException", "You don't have access to the model", "LLMAuthenticationError", false],
    [404, "ResourceNotFoundException", "no such model", "NotFoundError", false],
  ])("of status %i is named", async (status, code, words, name, retryable) => {
    const provider = await recordedProvider({
      status,
      headers: { "x-amzn-errortype": `${code}:http://internal.amazon.com/` },
      body: { message: words },
    });
    await expect(model(provider.origin).ask()).rejects.toMatchObject({
      name,
      retryable,
      message: expect.stringContaining(`${code}: ${words}`),
    });
  });

  it("never quotes a key", async () => {
    const provider = await recordedProvider({
      status: 403,
      body: { message: "The security token A-SESSION-TOKEN of AKIAEXAMPLE is not valid" },
    });
    const keys = {
      api_key: null,
      aws_access_key_id: "AKIAEXAMPLE",
      aws_secret_access_key: "a-secret-key",
      aws_session_token: "A-SESSION-TOKEN",
    };
    const error = await model(provider.origin, keys)
      .ask()
      .catch((reason: Error) => reason);
    expect(error).toMatchObject({ name: "LLMAuthenticationError" });
    expect(String(error)).not.toMatch(/AKIAEXAMPLE|A-SESSION-TOKEN/);
  });
});
