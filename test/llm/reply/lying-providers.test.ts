import { describe, expect, it } from "vitest";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { model, type Recorded, recordedProvider } from "../recorded-provider.ts";

const frame = (data: unknown) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const chunk = (delta: unknown, finish_reason: unknown = null, rest: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason, ...rest }],
});
const completion = (rest: object = {}) => ({
  choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }],
  ...rest,
});

/** The reply of a chat model to a provider that answers so. */
async function replyOf(answer: Recorded, config: Record<string, unknown> = {}) {
  const provider = await recordedProvider(answer);
  const { ask, deltas } = model({ model: "openai/gpt-4o", base_url: provider.url, stream: true, ...config });
  return { reply: await ask(), deltas };
}

describe("the content type is not believed", () => {
  const stream = [frame(chunk({ content: "Hi" })), frame(chunk({}, "stop")), frame("[DONE]")].join("");
  const json = JSON.stringify(completion());

  it.each([
    ["a stream as JSON", "application/json", stream],
    ["a stream as text, with a comment first", "text/plain", `: hello\n\n${stream}`],
    ["a stream after a byte order mark", "application/json", `\uFEFF${stream}`],
    ["a whole reply as a stream", "text/event-stream", json],
    ["a whole reply as text, after blank lines", "text/plain", `\n\n  ${json}`],
    ["a whole reply as nothing", "", json],
  ])("%s", async (_, type, body) => {
    const { reply } = await replyOf({ headers: { "content-type": type }, body });
    expect(reply.message.content).toMatchObject([{ text: "Hi" }]);
  });

  it("also where no stream was asked for", async () => {
    const { reply } = await replyOf(
      { headers: { "content-type": "text/event-stream" }, body: stream },
      { stream: false },
    );
    expect(reply.message.content).toMatchObject([{ text: "Hi" }]);
  });
});

describe("of several choices", () => {
  it("the first is read, also where they come in turns", async () => {
    const other = (content: string) => chunk({ content }, null, { index: 1 });
    const { reply, deltas } = await replyOf({
      stream: [
        chunk({ content: "He" }),
        other("No"),
        chunk({ content: "llo" }),
        other("pe"),
        chunk({}, "stop"),
        chunk({}, "stop", { index: 1 }),
        "[DONE]",
      ],
    });
    expect(reply.message.content).toMatchObject([{ text: "Hello" }]);
    expect(deltas).toMatchObject([{ content: "He" }, { content: "llo" }]);
  });

  it("calls of the others are none of the first", async () => {
    const call = (name: string) => ({
      tool_calls: [{ index: 0, id: name, function: { name, arguments: "{}" } }],
    });
    const { reply } = await replyOf({
      stream: [chunk(call("one")), chunk(call("two"), null, { index: 1 }), chunk({}, "tool_calls"), "[DONE]"],
    });
    expect(reply.message.tool_calls).toMatchObject([{ name: "one", arguments: "{}" }]);
  });
});

describe("what follows the end of a reply is not part of it", () => {
  const claude = (text: string) => [
    { type: "message_start", message: { id: "m", content: [] } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
    { type: "message_stop" },
  ];
  const response = (text: string) => ({
    type: "response.completed",
    response: { output: [{ type: "message", content: [{ type: "output_text", text }] }] },
  });

  it.each([
    [
      "openai/gpt-4o",
      [chunk({ content: "Hi" }), chunk({}, "stop"), "[DONE]", chunk({ content: "!" }, "stop")],
    ],
    ["openai/gpt-5.5", [response("Hi"), response("Bye"), { type: "error", message: "late" }]],
    ["anthropic/claude-opus-4-8", [...claude("Hi"), ...claude("Bye")]],
  ])("%s", async (name, stream) => {
    const { reply } = await replyOf({ stream }, { model: name });
    expect(reply.message.content).toMatchObject([{ text: "Hi" }]);
  });
});

describe("a stream that says nothing in many ways", () => {
  it("null deltas, null parts and empty reasons to finish are skipped", async () => {
    const { reply } = await replyOf({
      stream: [
        chunk(null),
        chunk({ role: "assistant", content: null, tool_calls: null, reasoning_content: null }, ""),
        { choices: [] },
        { choices: null },
        chunk({ content: "Hi" }, ""),
        chunk(null, "stop"),
        "[DONE]",
      ],
    });
    expect(reply.message.content).toMatchObject([{ text: "Hi" }]);
  });

  it("an empty reason to finish is no end: a stream that is cut there is asked for again", async () => {
    const cut = { stream: [chunk({ content: "Hi" }, "")], cut: false };
    await expect(replyOf(cut)).rejects.toMatchObject({ name: "LLMServiceUnavailableError", retryable: true });
  });
});

describe("figures that cannot be are not counted", () => {
  it.each([
    ["negative", '{"prompt_tokens":-5,"completion_tokens":3,"cost":-1}', 0, 3],
    ["endless", '{"prompt_tokens":1e999,"completion_tokens":3,"cost":1e999}', 0, 3],
    ["absurd", '{"prompt_tokens":1e300,"completion_tokens":3,"cost":1e300}', 0, 3],
    ["words", '{"prompt_tokens":"NaN","completion_tokens":3,"cost":"NaN"}', 0, 3],
    ["half", '{"prompt_tokens":2.5,"completion_tokens":3,"cost":null}', 3, 3],
  ])("%s", async (_, usage, prompt, completed) => {
    const body = JSON.stringify(completion({ usage: 0 })).replace('"usage":0', `"usage":${usage}`);
    const headers = { "x-litellm-response-cost": "Infinity" };
    const prices = { input_cost_per_token: 0, output_cost_per_token: 1 };
    const { reply } = await replyOf({ body, headers }, { stream: false, ...prices });
    expect(reply.usage).toMatchObject({ prompt_tokens: prompt, completion_tokens: completed });
    expect(reply.cost).toBe(3);
  });

  it("a reply without figures has none", async () => {
    const { reply } = await replyOf({ body: completion({ usage: null }) });
    expect(reply).toMatchObject({ usage: null, cost: 0 });
  });
});

describe("a stream that does not end", () => {
  const limits = { stream_idle_timeout: 0.3, timeout: null };
  const hanging = (stream: Recorded["stream"]) => ({ stream, hang: true }) as Recorded;

  it.each([
    ["after one byte", "openai/gpt-4o", hanging(["{"])],
    ["after a piece", "openai/gpt-4o", hanging([chunk({ content: "H" })])],
    ["after its headers", "openai/gpt-5.5", hanging([])],
    [
      "after its first event",
      "anthropic/claude-opus-4-8",
      hanging([{ type: "message_start", message: { content: [] } }]),
    ],
  ])("is cut when it is silent %s", async (_, name, answer) => {
    const failed = replyOf(answer, { model: name, ...limits });
    await expect(failed).rejects.toMatchObject({
      name: expect.stringMatching(/^LLM(Timeout|ServiceUnavailable)Error$/),
      retryable: true,
    });
  });

  it.each([
    ["empty pieces", "openai/gpt-4o", frame(chunk({ content: "" }))],
    ["comments", "openai/gpt-4o", ": keep-alive\n\n"],
    ["pings", "anthropic/claude-opus-4-8", frame({ type: "ping" })],
    ["comments", "openai/gpt-5.5", ": keep-alive\n\n"],
  ])("is cut when it brings only %s: %s", async (_, name, sign) => {
    const failed = replyOf({ keepAlive: sign }, { model: name, ...limits });
    await expect(failed).rejects.toMatchObject({
      name: "LLMTimeoutError",
      message: expect.stringContaining("LLM stream idle timeout after 0.3 seconds"),
    });
  });

  it("is cut at the limit of an attempt, however busy it is", async () => {
    const config = llmConfig.parse({ model: "openai/gpt-4o" });
    expect(config.timeout).toBe(300);
    const busy = { keepAlive: frame(chunk({ content: "more " })) };
    const failed = replyOf(busy, { timeout: 1, stream_idle_timeout: 300 });
    await expect(failed).rejects.toThrow("LLM hard timeout after 1 seconds");
  });
});
