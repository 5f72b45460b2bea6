import { afterEach, describe, expect, it } from "vitest";
import { createLlm } from "../../src/llm/create-llm.ts";
import type { LlmDelta } from "../../src/llm/llm.ts";
import { LlmError } from "../../src/llm/llm-error.ts";
import { silentLogger } from "../../src/logger.ts";
import { fail } from "../../src/testing/fail.ts";
import { after, call, calls, cut, say, think, usage } from "../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../src/testing/scripted-llm/scripted-llm.ts";
import {
  type ScriptedLlmServer,
  startScriptedLlmServer,
} from "../../src/testing/scripted-llm/scripted-llm-server.ts";
import { llmConfig } from "../../src/wire/agent/llm-config.ts";
import { text } from "../../src/wire/events/message.ts";

const signal = new AbortController().signal;
const request = { messages: [{ role: "user" as const, content: [text("Hello")] }], tools: [], signal };

describe("a scripted model", () => {
  it("plays its steps in order and keeps what it was asked", async () => {
    const llm = scriptedLlm([
      [think("Hm"), say("I look"), call("terminal", { command: "ls" })],
      calls(["a", {}], ["b", { n: 1 }]),
      ({ messages }) => say(`${messages.length} messages`),
    ]);
    expect((await llm.complete(request)).message).toMatchObject({
      reasoning_content: "Hm",
      content: [{ text: "I look" }],
      tool_calls: [{ id: "call_0_0", name: "terminal", arguments: '{"command":"ls"}' }],
    });
    expect((await llm.complete(request)).message.tool_calls).toMatchObject([{ name: "a" }, { name: "b" }]);
    expect((await llm.complete(request)).message.content).toMatchObject([{ text: "1 messages" }]);
    expect(llm.requests).toHaveLength(3);
    llm.assertDone();
  });

  it("keeps a request as it was", async () => {
    const llm = scriptedLlm([say("Hi")]);
    const messages = [...request.messages];
    await llm.complete({ ...request, messages });
    messages.push({ role: "user", content: [] });
    expect(llm.requests[0]?.messages).toHaveLength(1);
  });

  it("fails as scripted", async () => {
    const error = new LlmError("LLMRateLimitError", "busy", { retryable: true });
    await expect(scriptedLlm([error]).complete(request)).rejects.toBe(error);
  });

  it("shows a call that nobody scripted", async () => {
    const llm = scriptedLlm([say("Hi")]);
    await llm.complete(request);
    await expect(llm.complete(request)).rejects.toThrow(
      /call 2 is not scripted, there is 1 step[\s\S]*user: Hello/,
    );
  });

  it("names steps that were not played, and calls beyond the last step", async () => {
    const llm = scriptedLlm([say("Hi")]);
    expect(() => llm.assertDone()).toThrow(/1 of 1 steps were not played; the next is .*"Hi"/);
    await llm.complete(request);
    llm.assertDone();
    await llm.complete(request).catch(() => undefined);
    expect(() => llm.assertDone()).toThrow("call 2 is not scripted");
  });

  it("finds its step in the prompt when told so, and starts again when told so", async () => {
    const { messages } = request;
    const answered = [...messages, { role: "assistant" as const, content: [text("one")] }, ...messages];
    const placed = scriptedLlm([say("one"), say("two")], { position: "prompt" });
    const again = scriptedLlm([say("one"), say("two")], { repeat: true });
    const said: unknown[] = [];
    for (const prompt of [answered, messages, answered]) {
      for (const llm of [placed, again]) {
        const { message } = await llm.complete({ ...request, messages: prompt });
        said.push(message.content[0]?.type === "text" && message.content[0].text);
      }
    }
    expect(said).toEqual(["two", "one", "one", "two", "two", "one"]);
  });

  it("costs what the script says", async () => {
    const llm = scriptedLlm([[say("Hi"), usage({ prompt_tokens: 7 }, { cost: 0.5 })]]);
    expect(await llm.complete(request)).toMatchObject({
      cost: 0.5,
      usage: { prompt_tokens: 7, completion_tokens: 10 },
    });
  });

  it("breaks off in the middle of a reply", async () => {
    const deltas: LlmDelta[] = [];
    const llm = scriptedLlm([[say("Good day", { chunkSize: 3 }), cut()]], { stream: true });
    const reply = llm.complete({ ...request, onDelta: (delta) => deltas.push(delta) });
    await expect(reply).rejects.toMatchObject({ name: "LLMServiceUnavailableError", retryable: true });
    expect(deltas.map(({ content }) => content)).toEqual(["Goo", "d d", "ay"]);
  });

  it("can be interrupted while it takes its time", async () => {
    const controller = new AbortController();
    const reply = scriptedLlm([after(60_000, say("Hi"))]).complete({ ...request, signal: controller.signal });
    controller.abort(new Error("stop now"));
    await expect(reply).rejects.toThrow("stop now");
  });

  it("streams word by word to whoever listens", async () => {
    const deltas: LlmDelta[] = [];
    const llm = scriptedLlm([[think("Hm"), say("Good day")]], { stream: true });
    await llm.complete({ ...request, onDelta: (delta) => deltas.push(delta) });
    expect(deltas).toEqual([{ reasoning_content: "Hm" }, { content: "Good" }, { content: " day" }]);
  });
});

describe("a scripted provider", () => {
  let server: ScriptedLlmServer | undefined;
  afterEach(() => server?.close());

  const steps = [
    [think("Hm"), say("I look around"), call("terminal", { command: "ls" }), call("think", { n: 1 })],
  ];
  const connect = (config: object) =>
    createLlm(llmConfig.parse({ api_key: "k", num_retries: 1, ...config }), {
      environment: {},
      logger: silentLogger,
    });

  it.each([
    ["openai/gpt-4o", false],
    ["openai/gpt-4o", true],
    ["openai/gpt-5.5", false],
    ["openai/gpt-5.5", true],
    ["anthropic/claude-opus-4-8", false],
    ["anthropic/claude-opus-4-8", true],
  ])("speaks the protocol of %s, streamed: %s", async (model, stream) => {
    server = await startScriptedLlmServer(steps);
    const deltas: LlmDelta[] = [];
    const llm = connect({ model, stream, base_url: server.url });
    const { message, usage } = await llm.complete({ ...request, onDelta: (delta) => deltas.push(delta) });
    expect(message).toMatchObject({
      content: [{ text: "I look around" }],
      tool_calls: [
        { name: "terminal", arguments: '{"command":"ls"}' },
        { name: "think", arguments: '{"n":1}' },
      ],
    });
    expect(message.reasoning_content ?? message.responses_reasoning_item?.summary?.[0]).toBe("Hm");
    expect(usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 10 });
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe(stream ? "I look around" : "");
    server.assertDone();
  });

  it("fails with the status of the scripted error", async () => {
    server = await startScriptedLlmServer([new LlmError("LLMRateLimitError", "busy", { status: 429 })]);
    const llm = connect({ model: "openai/gpt-4o", base_url: server.url });
    await expect(llm.complete(request)).rejects.toMatchObject({ name: "LLMRateLimitError", status: 429 });
  });

  it.each(["openai/gpt-4o", "openai/gpt-5.5", "anthropic/claude-opus-4-8"])(
    "tells %s what a reply cost, and breaks off where it is told to",
    async (model) => {
      const tokens = { prompt_tokens: 70, completion_tokens: 3, cache_read_tokens: 20 };
      for (const stream of [false, true]) {
        await using provider = await startScriptedLlmServer([
          [say("Hi"), usage(tokens)],
          [say("Good day"), cut()],
        ]);
        const llm = connect({ model, stream, base_url: provider.url });
        expect((await llm.complete(request)).usage).toMatchObject(tokens);
        await expect(llm.complete(request)).rejects.toMatchObject({ name: "LLMServiceUnavailableError" });
        provider.assertDone();
      }
    },
  );

  it.each([
    ["authentication", "LLMAuthenticationError"],
    ["rate_limit", "LLMRateLimitError"],
    ["server", "LLMServiceUnavailableError"],
    ["context_overflow", "LLMContextWindowExceedError"],
    ["content_policy", "LLMContentPolicyViolationError"],
  ] as const)("fails as providers do: %s", async (kind, name) => {
    const models = ["openai/gpt-4o", "openai/gpt-5.5", "anthropic/claude-opus-4-8"];
    server = await startScriptedLlmServer(models.map(() => fail(kind, { retryAfter: 2 })));
    for (const model of models) {
      const llm = connect({ model, base_url: server.url });
      await expect(llm.complete(request)).rejects.toMatchObject({ name, retryAfter: 2 });
    }
  });

  it("refuses a call that nobody scripted, so that nobody tries again", async () => {
    server = await startScriptedLlmServer([]);
    const llm = connect({ model: "openai/gpt-4o", base_url: server.url, num_retries: 5 });
    await expect(llm.complete(request)).rejects.toThrow(/call 1 is not scripted[\s\S]*Hello/);
    expect(server.requests).toHaveLength(1);
  });
});
