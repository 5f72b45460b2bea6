import { describe, expect, it } from "vitest";
import {
  assistantCalls,
  model,
  recordedProvider,
  system,
  terminalTool,
  toolResult,
  user,
} from "./recorded-provider.ts";

const usage = {
  input_tokens: 10,
  cache_read_input_tokens: 80,
  cache_creation_input_tokens: 5,
  output_tokens: 30,
};

function message(content: object[], rest: object = {}) {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5-20250929",
    content,
    stop_reason: "end_turn",
    usage,
    ...rest,
  };
}

const thinking = { type: "thinking", thinking: "Let me see", signature: "signed" };
const redacted = { type: "redacted_thinking", data: "sealed" };
const toolUse = { type: "tool_use", id: "toolu_1", name: "terminal", input: { command: "ls" } };
const cache_control = { type: "ephemeral" };

describe("anthropic messages", () => {
  it("sends system blocks, tools, thinking and cache marks", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    await model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.url, temperature: 0 }).ask({
      messages: [system("fixed", "dynamic"), user("Hello")],
      tools: [terminalTool],
    });
    const [request] = provider.requests;
    expect(request?.path).toBe("/v1/messages");
    expect(request?.headers).toMatchObject({
      "x-api-key": "test-key",
      "anthropic-beta": "interleaved-thinking-2025-05-14",
    });
    expect(request?.body).toEqual({
      model: "claude-sonnet-4-5",
      max_tokens: 64_000,
      thinking: { type: "enabled", budget_tokens: 63_999 },
      system: [
        { type: "text", text: "fixed", cache_control },
        { type: "text", text: "dynamic" },
      ],
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control }] }],
      tools: [{ name: "terminal", description: "Runs a command", input_schema: terminalTool.parameters }],
    });
  });

  it("marks what a client asks to be cached, with at most four marks in all, the newest first", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    const { ask } = model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.url });
    const marked = (value: string) => ({ type: "text" as const, text: value, cache_prompt: true });
    const plain = (value: string) => ({ ...marked(value), cache_prompt: false });
    const image_urls = ["data:image/png;base64,AA", "data:image/png;base64,BB"];
    await ask({
      messages: [
        system("fixed"),
        { role: "user", content: [marked("too old")] },
        { role: "assistant", content: [plain("ok")] },
        { role: "user", content: [plain("before"), { type: "image", image_urls, cache_prompt: true }] },
        { role: "assistant", content: [plain("ok")] },
        { role: "user", content: [marked("a"), plain("b"), marked(" "), marked("c")] },
      ],
    });
    const [first, , second, , third] = provider.requests[0]?.body.messages ?? [];
    expect(provider.requests[0]?.body.system).toEqual([{ type: "text", text: "fixed", cache_control }]);
    expect(JSON.stringify(first)).not.toContain("cache_control");
    const hasMark = (part: object) => "cache_control" in part;
    expect(second.content.map(hasMark)).toEqual([false, false, true]);
    expect(third.content.map(hasMark)).toEqual([true, false, true]);
  });

  it("marks the result of a tool as a whole, and gives up the mark where the client takes it back", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    const { ask } = model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.url });
    const asked = user("Look");
    const called = assistantCalls(["toolu_1", "terminal", '{"command":"ls"}']);
    const result = toolResult("toolu_1", "terminal", "files");
    const kept = { ...result, content: result.content.map((part) => ({ ...part, cache_prompt: true })) };
    await ask({ messages: [asked, called, kept, user("on")] });
    await ask({ messages: [asked, called, result, user("on")] });
    const results = provider.requests.map(({ body }) => body.messages[2].content[0]);
    expect(results[0]).toMatchObject({ type: "tool_result", cache_control });
    expect(results[0].content[0]).not.toHaveProperty("cache_control");
    expect(results[1]).not.toHaveProperty("cache_control");
  });

  it("lets newer models think as they see fit, at the effort asked for", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    await model({ model: "claude-opus-4-8", base_url: provider.url, reasoning_effort: "medium" }).ask();
    expect(provider.requests[0]?.body).toMatchObject({
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "medium" },
    });
    expect(provider.requests[0]?.headers).not.toHaveProperty("anthropic-beta");
  });

  it("sends sampling parameters where nothing thinks", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    await model({
      model: "claude-3-5-haiku-20241022",
      base_url: provider.url,
      temperature: 0.3,
      top_k: 4,
    }).ask();
    expect(provider.requests[0]?.body).toMatchObject({ temperature: 0.3, top_k: 4, max_tokens: 8192 });
  });

  it("leaves the marks out when caching is off", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    await model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.url, caching_prompt: false }).ask({
      messages: [
        system("fixed"),
        { role: "user", content: [{ type: "text", text: "Hello", cache_prompt: true }] },
      ],
    });
    expect(JSON.stringify(provider.requests[0]?.body)).not.toContain("cache_control");
  });

  it("replays signed thoughts and calls, and gathers all results in one turn", async () => {
    const provider = await recordedProvider({
      body: message([thinking, redacted, { type: "text", text: "I look" }, toolUse], {
        stop_reason: "tool_use",
      }),
    });
    const { ask } = model({
      model: "anthropic/claude-sonnet-4-5",
      base_url: provider.url,
      caching_prompt: false,
    });
    const reply = await ask();
    expect(reply.message).toMatchObject({
      content: [{ text: "I look" }],
      reasoning_content: "Let me see",
      thinking_blocks: [thinking, redacted],
      tool_calls: [{ id: "toolu_1", name: "terminal", arguments: '{"command":"ls"}', origin: "completion" }],
    });
    expect(reply.usage).toEqual({
      prompt_tokens: 95,
      completion_tokens: 30,
      cache_read_tokens: 80,
      cache_write_tokens: 5,
      reasoning_tokens: 0,
    });
    await ask({
      messages: [
        user("Hello"),
        reply.message,
        toolResult("toolu_1", "terminal", "a.txt"),
        toolResult("other.id", "terminal", ""),
        user("Go on"),
      ],
    });
    expect(provider.requests[1]?.body.messages.slice(1)).toEqual([
      { role: "assistant", content: [thinking, redacted, { type: "text", text: "I look" }, toolUse] },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "a.txt" }] },
          { type: "tool_result", tool_use_id: "other_id" },
          { type: "text", text: "Go on" },
        ],
      },
    ]);
  });

  it("keeps back thoughts that others had, and calls with broken arguments stay objects", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    await model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.url, caching_prompt: false }).ask({
      messages: [
        {
          ...assistantCalls(["c1", "terminal", "{broken"]),
          thinking_blocks: [
            { type: "thinking", thinking: "unsigned" },
            { type: "redacted_thinking", data: "gemini-thought:abc" },
          ],
        },
      ],
    });
    expect(provider.requests[0]?.body.messages[0].content).toEqual([
      { type: "tool_use", id: "c1", name: "terminal", input: { invalid_arguments: "{broken" } },
    ]);
  });

  it("gives thoughts without a signature back to models of other makers", async () => {
    const unsigned = { type: "thinking", thinking: "Let me see" };
    const provider = await recordedProvider({ body: message([unsigned, toolUse]) });
    const { ask } = model({ model: "anthropic/deepseek-v4-pro", base_url: provider.url });
    const reply = await ask();
    await ask({ messages: [user("Hello"), reply.message, toolResult("toolu_1", "terminal", "a.txt")] });
    expect(provider.requests[1]?.body.messages[1].content[0]).toEqual({ ...unsigned, signature: "" });
  });

  it("sends images by data and by address", async () => {
    const provider = await recordedProvider({ body: message([{ type: "text", text: "Hi" }]) });
    const image_urls = ["data:image/jpg;base64,AAAA", "https://example.com/a.png"];
    await model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.url, caching_prompt: false }).ask({
      messages: [{ role: "user", content: [{ type: "image", image_urls, cache_prompt: false }] }],
    });
    expect(provider.requests[0]?.body.messages[0].content).toEqual([
      { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AAAA" } },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
    ]);
  });

  const event = (type: string, rest: object = {}) => [type, { type, ...rest }] as const;
  const start = event("message_start", { message: message([], { usage: { ...usage, output_tokens: 1 } }) });
  const block = (index: number, content_block: object, ...deltas: object[]) => [
    event("content_block_start", { index, content_block }),
    ...deltas.map((delta) => event("content_block_delta", { index, delta })),
    event("content_block_stop", { index }),
  ];
  const end = [
    event("message_delta", { delta: { stop_reason: "tool_use" }, usage: { output_tokens: 30 } }),
    event("message_stop"),
  ];
  const streaming = (url: string, rest: object = {}) =>
    model({ model: "anthropic/claude-sonnet-4-5", base_url: url, stream: true, ...rest });

  it("streams thoughts, text and calls", async () => {
    const provider = await recordedProvider({
      stream: [
        start,
        event("ping"),
        ...block(
          0,
          { type: "thinking", thinking: "", signature: "" },
          { type: "thinking_delta", thinking: "Let me " },
          { type: "thinking_delta", thinking: "see" },
          { type: "signature_delta", signature: "signed" },
        ),
        ...block(1, { type: "text", text: "" }, { type: "text_delta", text: "I look" }),
        ...block(
          2,
          { type: "tool_use", id: "toolu_1", name: "terminal", input: {} },
          { type: "input_json_delta", partial_json: '{"command":' },
          { type: "input_json_delta", partial_json: '"ls"}' },
        ),
        ...end,
      ],
    });
    const { ask, deltas } = streaming(provider.url);
    const reply = await ask();
    expect(reply.message).toMatchObject({
      content: [{ text: "I look" }],
      thinking_blocks: [thinking],
      tool_calls: [{ id: "toolu_1", arguments: '{"command":"ls"}' }],
    });
    expect(reply.usage).toMatchObject({ prompt_tokens: 95, completion_tokens: 30 });
    expect(deltas).toMatchObject([
      { reasoning_content: "Let me " },
      { reasoning_content: "see" },
      { content: "I look" },
    ]);
  });

  it("is tried again when the stream says it is overloaded", async () => {
    const overloaded = [
      "error",
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    ];
    const provider = await recordedProvider(
      { stream: [start, overloaded] },
      {
        stream: [start, ...block(0, { type: "text", text: "" }, { type: "text_delta", text: "Hi" }), ...end],
      },
    );
    const { ask, waits } = streaming(provider.url, { num_retries: 2 });
    expect((await ask()).message.content).toMatchObject([{ text: "Hi" }]);
    expect(waits).toEqual([8000]);
  });

  it("is tried again when the stream stops in mid-reply", async () => {
    const provider = await recordedProvider({ stream: [start, ...block(0, { type: "text", text: "Hal" })] });
    await expect(streaming(provider.url).ask()).rejects.toMatchObject({
      name: "LLMServiceUnavailableError",
      retryable: true,
    });
  });

  it("names a refusal without words", async () => {
    const provider = await recordedProvider({ body: message([], { stop_reason: "refusal" }) });
    await expect(model({ model: "claude-opus-4-8", base_url: provider.url }).ask()).rejects.toMatchObject({
      name: "LLMContentPolicyViolationError",
    });
  });
});
