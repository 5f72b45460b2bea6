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
  prompt_tokens: 120,
  completion_tokens: 20,
  prompt_tokens_details: { cached_tokens: 100 },
  completion_tokens_details: { reasoning_tokens: 8 },
};

function completion(message: object, rest: object = {}) {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: "gpt-4o-2024-08-06",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", ...message } }],
    usage,
    ...rest,
  };
}

function chunk(delta: object, finish_reason: string | null = null, rest: object = {}) {
  return { id: "chatcmpl-1", model: "gpt-4o", choices: [{ index: 0, delta, finish_reason }], ...rest };
}

describe("openai chat: the request", () => {
  it("carries the configured fields", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const { ask } = model({
      model: "openai/gpt-4o",
      base_url: provider.url,
      temperature: 0.2,
      top_p: 0.9,
      top_k: 5,
      max_output_tokens: 500,
      seed: 7,
      litellm_extra_body: { metadata: { team: "a" } },
      extra_headers: { "x-team": "a" },
    });
    await ask({ tools: [terminalTool], conversationId: "c1" });
    const [request] = provider.requests;
    expect(request?.path).toBe("/v1/chat/completions");
    expect(request?.headers).toMatchObject({
      authorization: "Bearer test-key",
      "x-team": "a",
      "x-litellm-session-id": "c1",
    });
    expect(request?.body).toEqual({
      model: "gpt-4o",
      messages: [{ role: "user", content: "Hello" }],
      tools: [{ type: "function", function: terminalTool }],
      max_completion_tokens: 500,
      temperature: 0.2,
      top_p: 0.9,
      seed: 7,
      metadata: { team: "a" },
      prompt_cache_key: "c1",
    });
  });

  it("sends fields that a provider does not accept only with drop_params false", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const settings = { model: "mistral/devstral-medium", base_url: provider.url, seed: 7, top_k: 3 };
    await model(settings).ask();
    await model({ ...settings, drop_params: false }).ask();
    expect(provider.requests[0]?.body).not.toHaveProperty("seed");
    expect(provider.requests[1]?.body).toMatchObject({ seed: 7, top_k: 3 });
  });

  it("tells reasoning models their effort and spares them sampling parameters", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    await model({
      model: "openai/o3",
      base_url: provider.url,
      temperature: 0,
      reasoning_effort: "low",
    }).ask();
    expect(provider.requests[0]?.body).toMatchObject({ reasoning_effort: "low" });
    expect(provider.requests[0]?.body).not.toHaveProperty("temperature");
  });

  it("lets capability_overrides win over what is known of the name", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const overrides = { supports_reasoning_effort: true, supports_sampling_params: true };
    await model({
      model: "openai/in-house",
      base_url: provider.url,
      temperature: 0.5,
      capability_overrides: overrides,
    }).ask();
    expect(provider.requests[0]?.body).toMatchObject({ reasoning_effort: "high", temperature: 0.5 });
  });

  it("replays calls, results and images in the shapes the protocol allows", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const url = "data:image/png;base64,AAAA";
    await model({ model: "openai/gpt-4o", base_url: provider.url }).ask({
      messages: [
        system("one", "two"),
        user("Look"),
        assistantCalls(["c1", "terminal", "{}"], ["c2", "terminal", "{}"]),
        {
          ...toolResult("c1", "terminal", "a picture"),
          content: [
            { type: "text", text: "a picture", cache_prompt: false },
            { type: "image", image_urls: [url], cache_prompt: false },
          ],
        },
        toolResult("c2", "terminal", "done"),
      ],
    });
    const call = (id: string) => ({ id, type: "function", function: { name: "terminal", arguments: "{}" } });
    expect(provider.requests[0]?.body.messages).toEqual([
      { role: "system", content: "one\ntwo" },
      { role: "user", content: "Look" },
      { role: "assistant", tool_calls: [call("c1"), call("c2")] },
      { role: "tool", tool_call_id: "c1", name: "terminal", content: "a picture" },
      { role: "tool", tool_call_id: "c2", name: "terminal", content: "done" },
      { role: "user", content: [{ type: "image_url", image_url: { url } }] },
    ]);
  });

  it("leaves images out for models that see none", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    await model({ model: "openai/gpt-4o", base_url: provider.url, disable_vision: true }).ask({
      messages: [
        { role: "user", content: [{ type: "image", image_urls: ["https://x/y.png"], cache_prompt: false }] },
      ],
    });
    expect(JSON.stringify(provider.requests[0]?.body)).not.toContain("https://x/y.png");
  });

  it("marks the system prompt and the newest turn for Claude's cache behind a proxy", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    await model({ model: "litellm_proxy/claude-sonnet-4-5", base_url: provider.url }).ask({
      messages: [system("fixed", "dynamic"), user("one"), user("two")],
    });
    const cache_control = { type: "ephemeral" };
    expect(provider.requests[0]?.body.messages).toEqual([
      {
        role: "system",
        content: [
          { type: "text", text: "fixed", cache_control },
          { type: "text", text: "dynamic" },
        ],
      },
      { role: "user", content: [{ type: "text", text: "one" }] },
      { role: "user", content: [{ type: "text", text: "two", cache_control }] },
    ]);
  });

  it("marks the parts that a client asks to be cached", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const part = { type: "text" as const, text: "long", cache_prompt: true };
    const content = [part, { ...part, text: "short", cache_prompt: false }];
    const messages = [{ role: "user" as const, content }, user("two")];
    const cache_control = { type: "ephemeral" };
    await model({ model: "litellm_proxy/claude-sonnet-4-5", base_url: provider.url }).ask({ messages });
    expect(provider.requests[0]?.body.messages[0].content).toEqual([
      { type: "text", text: "long", cache_control },
      { type: "text", text: "short" },
    ]);
    await model({ model: "openai/gpt-4o", base_url: provider.url }).ask({ messages });
    expect(JSON.stringify(provider.requests[1]?.body)).not.toContain("cache_control");
  });

  it("moves the marker on without leaving the old one behind", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const { ask } = model({ model: "litellm_proxy/claude-sonnet-4-5", base_url: provider.url });
    const first = user("one");
    await ask({ messages: [first] });
    await ask({ messages: [first, user("two")] });
    expect(provider.requests[1]?.body.messages[0].content).toEqual([{ type: "text", text: "one" }]);
  });

  it("gives reasoning back to the models that want it", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const thought = { ...assistantCalls(["c1", "terminal", "{}"]), reasoning_content: "I wonder" };
    await model({ model: "deepseek/deepseek-reasoner", base_url: provider.url }).ask({ messages: [thought] });
    await model({ model: "openai/gpt-4o", base_url: provider.url }).ask({ messages: [thought] });
    expect(provider.requests[0]?.body.messages[0].reasoning_content).toBe("I wonder");
    expect(provider.requests[1]?.body.messages[0]).not.toHaveProperty("reasoning_content");
  });

  it.each([
    ["deepseek/deepseek-reasoner", true],
    ["litellm_proxy/deepseek-v4-pro", true],
    ["openrouter/deepseek/deepseek-v4.1-flash", true],
    ["moonshot/kimi-k2.6", true],
    ["openrouter/moonshotai/kimi-k2-thinking", true],
    ["deepseek/deepseek-chat", false],
  ])("sends %s the field with each call, also without reasoning: %s", async (name, isSent) => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const calls = assistantCalls(["c1", "terminal", "{}"]);
    await model({ model: name, base_url: provider.url }).ask({ messages: [calls] });
    expect(provider.requests[0]?.body.messages[0].reasoning_content).toBe(isSent ? " " : undefined);
  });

  it.each([
    "The `reasoning_content` in the thinking mode must be passed back to the API.",
    "Missing `reasoning_content` field in the assistant message at message index 2.",
    "thinking is enabled but reasoning_content is missing in assistant tool call message at index 7",
  ])("gives reasoning back to a server that demands it: %s", async (message) => {
    const provider = await recordedProvider(
      { status: 400, body: { error: { message, type: "invalid_request_error" } } },
      { body: completion({ content: "Hi" }) },
    );
    const thought = { ...assistantCalls(["c1", "terminal", "{}"]), reasoning_content: "I wonder" };
    const { ask, waits } = model({ model: "openai/in-house", base_url: provider.url });
    await ask({ messages: [thought] });
    await ask({ messages: [thought] });
    const sent = provider.requests.map(({ body }) => body.messages[0].reasoning_content);
    expect(sent).toEqual([undefined, "I wonder", "I wonder"]);
    expect(waits).toEqual([]);
  });

  it("goes out once more without cache marks where the prompt is too short for them", async () => {
    const words = "The cached content is of 1171 tokens. The minimum token count to start caching is 4096.";
    const provider = await recordedProvider(
      { status: 400, body: { error: { message: words } } },
      { body: completion({ content: "Hi" }) },
    );
    const { ask, waits } = model({ model: "litellm_proxy/claude-sonnet-4-5", base_url: provider.url });
    const marks = () =>
      provider.requests.map(({ body }) => JSON.stringify(body).match(/cache_control/g)?.length ?? 0);
    await ask({ messages: [system("You are an agent"), user("Hello")] });
    expect(marks()).toEqual([2, 0]);
    await ask({ messages: [system("You are an agent"), user("Hello")] });
    expect(marks()).toEqual([2, 0, 2]);
    expect(waits).toEqual([]);
  });

  it("names an Azure deployment and its api version in the address", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    await model({ model: "azure/my-gpt", base_url: provider.origin, max_output_tokens: 9 }).ask();
    const [request] = provider.requests;
    expect(request?.path).toBe("/openai/deployments/my-gpt/chat/completions?api-version=2024-12-01-preview");
    expect(request?.headers["api-key"]).toBe("test-key");
    expect(request?.body.max_tokens).toBe(9);
  });
});

describe("openai chat: the reply", () => {
  it("brings text, calls, usage, cost and context window", async () => {
    const tool_calls = [
      { id: "c1", type: "function", function: { name: "terminal", arguments: '{"command":"ls"}' } },
    ];
    const provider = await recordedProvider({ body: completion({ content: "Hi", tool_calls }) });
    const reply = await model({ model: "openai/gpt-4o", base_url: provider.url }).ask();
    expect(reply).toMatchObject({
      id: "chatcmpl-1",
      model: "gpt-4o-2024-08-06",
      contextWindow: 128_000,
      usage: {
        prompt_tokens: 120,
        completion_tokens: 20,
        cache_read_tokens: 100,
        cache_write_tokens: 0,
        reasoning_tokens: 8,
      },
      message: {
        content: [{ type: "text", text: "Hi" }],
        tool_calls: [{ id: "c1", name: "terminal", arguments: '{"command":"ls"}', origin: "completion" }],
      },
    });
    // 20 fresh tokens at 2.50, 100 cached at 1.25 and 20 written at 10 dollars a million.
    expect(reply.cost).toBeCloseTo(0.000375, 9);
  });

  it("takes price and window from the configuration where it has them", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const own = { input_cost_per_token: 0.5, output_cost_per_token: 1, max_input_tokens: 50_000 };
    const reply = await model({ model: "openai/gpt-4o", base_url: provider.url, ...own }).ask();
    expect(reply).toMatchObject({ cost: 80, contextWindow: 50_000 });
  });

  it("costs nothing known for a model that no list has", async () => {
    const provider = await recordedProvider({ body: completion({ content: "Hi" }) });
    const reply = await model({ model: "hosted_vllm/mine", base_url: provider.url }).ask();
    expect(reply).toMatchObject({ cost: 0, contextWindow: 0 });
  });

  it("believes the cost that a LiteLLM proxy reports", async () => {
    const headers = { "x-litellm-response-cost": "0.25" };
    const provider = await recordedProvider({ body: completion({ content: "Hi" }), headers });
    expect((await model({ model: "litellm_proxy/mine", base_url: provider.url }).ask()).cost).toBe(0.25);
  });

  it.each([["reasoning_content"], ["reasoning"]])("finds reasoning under %s", async (field) => {
    const provider = await recordedProvider({ body: completion({ content: "Hi", [field]: "because" }) });
    const { message } = await model({ model: "openai/gpt-4o", base_url: provider.url }).ask();
    expect(message.reasoning_content).toBe("because");
  });

  it("tells reasoning and text apart in Mistral's list of parts", async () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "because" }] },
      { type: "text", text: "Hi" },
    ];
    const provider = await recordedProvider({ body: completion({ content }) });
    const { message } = await model({ model: "mistral/magistral-medium", base_url: provider.url }).ask();
    expect(message).toMatchObject({ content: [{ text: "Hi" }], reasoning_content: "because" });
  });

  it("keeps Gemini's thought signature and gives it back with the call", async () => {
    const tool_calls = [
      {
        id: "c1",
        type: "function",
        function: { name: "terminal", arguments: "{}" },
        extra_content: { google: { thought_signature: "c2ln" } },
      },
    ];
    const provider = await recordedProvider({ body: completion({ content: null, tool_calls }) });
    const { ask } = model({ model: "gemini/gemini-3-pro-preview", base_url: provider.url });
    const { message } = await ask();
    await ask({ messages: [user("Hello"), message, toolResult("c1", "terminal", "ok")] });
    expect(provider.requests[1]?.body.messages[1].tool_calls).toEqual(tool_calls);
  });

  it("is an LLMNoResponseError without choices, tried again warmer when it was cold", async () => {
    const provider = await recordedProvider(
      { body: { ...completion({}), choices: [] } },
      { body: completion({ content: "Hi" }) },
    );
    const { ask } = model({ model: "openai/gpt-4o", base_url: provider.url, temperature: 0, num_retries: 2 });
    expect((await ask()).message.content).toMatchObject([{ text: "Hi" }]);
    expect(provider.requests.map(({ body }) => body.temperature)).toEqual([0, 1]);
  });

  it("reads a gateway's error in a 200", async () => {
    const provider = await recordedProvider({ body: { error: { message: "Upstream is gone", code: 502 } } });
    const { ask } = model({ model: "openrouter/x/y", base_url: provider.url });
    await expect(ask()).rejects.toMatchObject({
      name: "BadGatewayError",
      status: 502,
      retryable: true,
    });
  });
});

describe("openai chat: streams", () => {
  const stream = (...frames: unknown[]) => ({ stream: [...frames, "[DONE]"] });
  const streaming = (url: string, rest: object = {}) =>
    model({ model: "openai/gpt-4o", base_url: url, stream: true, ...rest });

  it("deltas add up to the reply", async () => {
    const provider = await recordedProvider(
      stream(
        chunk({ role: "assistant", content: "" }),
        chunk({ reasoning_content: "Hm" }),
        chunk({ content: "Good " }),
        chunk({ content: "day" }),
        chunk({}, "stop"),
        { id: "chatcmpl-1", model: "gpt-4o", choices: [], usage },
      ),
    );
    const { ask, deltas } = streaming(provider.url);
    const reply = await ask();
    expect(provider.requests[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(deltas).toMatchObject([{ reasoning_content: "Hm" }, { content: "Good " }, { content: "day" }]);
    expect(new Set(deltas.map(({ chunk_id: id }) => id))).toEqual(new Set(["chatcmpl-1"]));
    expect(reply.message).toMatchObject({ content: [{ text: "Good day" }], reasoning_content: "Hm" });
    expect(reply.usage?.prompt_tokens).toBe(120);
  });

  it("may come without usage", async () => {
    const provider = await recordedProvider(stream(chunk({ content: "Hi" }), chunk({}, "stop")));
    expect(await streaming(provider.url).ask()).toMatchObject({ usage: null, cost: 0 });
  });

  const piece = (call: object) => chunk({ tool_calls: [call] });
  const named = (name: string, args = "") => ({ type: "function", function: { name, arguments: args } });
  const more = (args: string) => ({ function: { arguments: args } });
  it.each([
    [
      "by the book",
      [
        { index: 0, id: "a", ...named("terminal") },
        { index: 0, ...more('{"n":') },
        { index: 0, ...more("1}") },
        { index: 1, id: "b", ...named("think") },
        { index: 1, ...more('{"n":2}') },
      ],
    ],
    [
      "without index",
      [{ id: "a", ...named("terminal", '{"n":') }, more("1}"), { id: "b", ...named("think", '{"n":2}') }],
    ],
    [
      "without ids",
      [
        { index: 0, ...named("terminal", '{"n":') },
        { index: 0, ...more("1}") },
        { index: 1, ...named("think", '{"n":2}') },
      ],
    ],
    [
      "all under index 0",
      [
        { index: 0, id: "a", ...named("terminal", '{"n":1}') },
        { index: 0, id: "b", ...named("think", '{"n":2}') },
      ],
    ],
    ["with neither", [named("terminal", '{"n":1}'), named("think", '{"n":2}')]],
    [
      "with the id and name in each piece",
      [
        { index: 0, id: "a", ...named("terminal", '{"n":') },
        { index: 0, id: "a", ...named("terminal", "1}") },
        { index: 1, id: "b", ...named("think", '{"n":2}') },
      ],
    ],
    [
      "with the name in each piece",
      [
        { index: 0, ...named("terminal", '{"n":') },
        { index: 0, ...named("terminal", "1}") },
        { index: 0, ...named("think", '{"n":') },
        { index: 0, ...named("think", "2}") },
      ],
    ],
    [
      "with a new id in each piece",
      [
        { index: 0, id: "a", ...named("terminal", '{"n":') },
        { index: 0, id: "x", ...more("1}") },
        { index: 1, id: "b", ...named("think", '{"n":2}') },
      ],
    ],
  ])("joins the pieces of two calls %s", async (_, pieces) => {
    const provider = await recordedProvider(stream(...pieces.map(piece), chunk({}, "tool_calls")));
    const { message } = await streaming(provider.url).ask();
    expect(message.tool_calls).toMatchObject([
      { name: "terminal", arguments: '{"n":1}' },
      { name: "think", arguments: '{"n":2}' },
    ]);
  });

  it("keeps a call together whose arguments have brackets and quotes in a text", async () => {
    const pieces = ['{"n":"}]', '\\"', '}"', "}"].map((part) => piece({ index: 0, ...named("think", part) }));
    const provider = await recordedProvider(stream(...pieces, chunk({}, "tool_calls")));
    const { message } = await streaming(provider.url).ask();
    expect(message.tool_calls).toMatchObject([{ arguments: '{"n":"}]\\"}"}' }]);
  });

  it("is tried again when cut, and the reply is the second attempt's alone", async () => {
    const provider = await recordedProvider(
      { stream: [chunk({ content: "Half a sen" })], cut: true },
      stream(chunk({ content: "A whole sentence" }), chunk({}, "stop")),
    );
    const { ask, deltas, waits } = streaming(provider.url, { num_retries: 3 });
    expect((await ask()).message.content).toMatchObject([{ text: "A whole sentence" }]);
    expect(deltas).toMatchObject([{ content: "Half a sen" }, { content: "A whole sentence" }]);
    expect(waits).toEqual([8000]);
  });

  it("is cut too when it ends in good order but in mid-reply", async () => {
    const provider = await recordedProvider(stream(chunk({ content: "Half a sen" })));
    await expect(streaming(provider.url).ask()).rejects.toMatchObject({
      name: "LLMServiceUnavailableError",
      retryable: true,
    });
  });

  it("is an LLMNoResponseError without any choice", async () => {
    const provider = await recordedProvider(stream({ id: "x", choices: [] }));
    await expect(streaming(provider.url).ask()).rejects.toMatchObject({
      name: "LLMNoResponseError",
      retryable: true,
    });
  });

  it("reports an error in mid-stream by its name", async () => {
    const provider = await recordedProvider(
      stream(chunk({ content: "Hal" }), { error: { message: "Rate limit exceeded", code: 429 } }),
    );
    await expect(streaming(provider.url).ask()).rejects.toMatchObject({
      name: "LLMRateLimitError",
      retryable: true,
    });
  });
});
