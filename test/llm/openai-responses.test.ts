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
  input_tokens: 90,
  input_tokens_details: { cached_tokens: 60 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 102,
};
const reasoning = {
  type: "reasoning",
  id: "rs_1",
  summary: [{ type: "summary_text", text: "I should look" }],
  encrypted_content: "sealed",
};
const said = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  content: [
    { type: "output_text", text: "One", annotations: [] },
    { type: "output_text", text: "Two", annotations: [] },
  ],
};
const called = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "terminal",
  arguments: '{"command":"ls"}',
};

function response(output: object[], rest: object = {}) {
  return { id: "resp_1", object: "response", status: "completed", model: "gpt-5.5", output, usage, ...rest };
}

describe("openai responses", () => {
  it("serves gpt-5 models, and other models only on request", async () => {
    const provider = await recordedProvider({ body: response([said]) });
    await model({ model: "openai/gpt-5.5", base_url: provider.url }).ask();
    await model({ model: "openai/gpt-4o", base_url: provider.url, api_mode: "responses" }).ask();
    await model({ model: "openai/gpt-5.5", base_url: provider.url, api_mode: "chat" })
      .ask()
      .catch(() => {});
    await model({ model: "openrouter/openai/gpt-5", base_url: provider.url })
      .ask()
      .catch(() => {});
    expect(provider.requests.map(({ path }) => path)).toEqual([
      "/v1/responses",
      "/v1/responses",
      "/v1/chat/completions",
      "/v1/chat/completions",
    ]);
  });

  it("sends the whole prompt, stored nowhere, and asks for sealed reasoning", async () => {
    const provider = await recordedProvider({ body: response([said]) });
    await model({
      model: "openai/gpt-5.5",
      base_url: provider.url,
      reasoning_summary: "auto",
      max_output_tokens: 700,
      temperature: 0,
    }).ask({
      messages: [system("one"), system("two"), user("Hello")],
      tools: [terminalTool],
      conversationId: "c1",
    });
    expect(provider.requests[0]?.body).toEqual({
      model: "gpt-5.5",
      store: false,
      instructions: "one\n\n---\n\ntwo",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] }],
      tools: [{ type: "function", ...terminalTool, strict: false }],
      tool_choice: "auto",
      include: ["reasoning.encrypted_content"],
      reasoning: { effort: "high", summary: "auto" },
      max_output_tokens: 700,
      prompt_cache_key: "c1",
      prompt_cache_retention: "24h",
    });
  });

  it("reads reasoning, text and calls, and gives them back as they came", async () => {
    const provider = await recordedProvider({ body: response([reasoning, said, called]) });
    const { ask } = model({ model: "openai/gpt-5.5", base_url: provider.url });
    const reply = await ask();
    expect(reply).toMatchObject({
      id: "resp_1",
      usage: { prompt_tokens: 90, completion_tokens: 12, cache_read_tokens: 60, reasoning_tokens: 4 },
      message: {
        content: [{ text: "One\nTwo" }],
        tool_calls: [{ id: "call_1", responses_item_id: "fc_1", origin: "responses" }],
        responses_reasoning_item: { id: "rs_1", summary: ["I should look"], encrypted_content: "sealed" },
      },
    });
    await ask({ messages: [user("Hello"), reply.message, toolResult("call_1", "terminal", "a.txt")] });
    expect(provider.requests[1]?.body.input.slice(1)).toEqual([
      reasoning,
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "One\nTwo", annotations: [] }],
      },
      called,
      { type: "function_call_output", call_id: "call_1", output: "a.txt" },
    ]);
  });

  it("sends images of users and tools", async () => {
    const provider = await recordedProvider({ body: response([said]) });
    const image = { type: "image" as const, image_urls: ["data:image/png;base64,AAAA"], cache_prompt: false };
    const result = toolResult("c1", "file_editor", "here");
    await model({ model: "openai/gpt-5.5", base_url: provider.url }).ask({
      messages: [
        { role: "user", content: [image] },
        assistantCalls(["c1", "file_editor", "{}"]),
        { ...result, content: [...result.content, image] },
      ],
    });
    const part = { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" };
    const input = provider.requests[0]?.body.input;
    expect(input[0].content).toEqual([part]);
    expect(input[2].output).toEqual([{ type: "input_text", text: "here" }, part]);
  });

  it("streams text and reasoning as deltas", async () => {
    const provider = await recordedProvider({
      stream: [
        ["response.created", { type: "response.created", response: response([]) }],
        [
          "response.reasoning_summary_text.delta",
          { type: "response.reasoning_summary_text.delta", item_id: "rs_1", delta: "Hm" },
        ],
        [
          "response.output_text.delta",
          { type: "response.output_text.delta", item_id: "msg_1", delta: "One" },
        ],
        ["response.completed", { type: "response.completed", response: response([said]) }],
      ],
    });
    const { ask, deltas } = model({ model: "openai/gpt-5.5", base_url: provider.url, stream: true });
    expect((await ask()).message.content).toMatchObject([{ text: "One\nTwo" }]);
    expect(deltas).toEqual([
      { reasoning_content: "Hm", chunk_id: "rs_1" },
      { content: "One", chunk_id: "msg_1" },
    ]);
  });

  it("uses the items of a stream whose completed response is empty", async () => {
    const provider = await recordedProvider({
      stream: [
        ["response.output_item.done", { type: "response.output_item.done", output_index: 0, item: called }],
        ["response.completed", { type: "response.completed", response: response([]) }],
      ],
    });
    const { ask } = model({ model: "openai/gpt-5.5", base_url: provider.url, stream: true });
    expect((await ask()).message.tool_calls).toMatchObject([{ id: "call_1" }]);
  });

  it.each([
    [
      "ends without a completed response",
      ["response.created", { type: "response.created", response: {} }],
      "LLMNoResponseError",
      true,
    ],
    [
      "fails",
      [
        "response.failed",
        {
          type: "response.failed",
          response: response([], { error: { code: "server_error", message: "Sorry" } }),
        },
      ],
      "LLMServiceUnavailableError",
      true,
    ],
    [
      "is refused for its length",
      [
        "error",
        { type: "error", code: "context_length_exceeded", message: "Your input exceeds the context window" },
      ],
      "LLMContextWindowExceedError",
      false,
    ],
  ])("names the failure of a stream that %s", async (_, frame, name, retryable) => {
    const provider = await recordedProvider({ stream: [frame] });
    const { ask } = model({ model: "openai/gpt-5.5", base_url: provider.url, stream: true });
    await expect(ask()).rejects.toMatchObject({ name, retryable });
  });
});
