import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { cpuTime } from "../../cpu-time.ts";
import { model, recordedProvider } from "../recorded-provider.ts";

const anthropic = (type: string, message: string) => ({ type: "error", error: { type, message } });
const openai = (message: string, rest: object = {}) => ({
  error: { message, type: "invalid_request_error", ...rest },
});

const cases: [
  what: string,
  modelName: string,
  status: number,
  body: unknown,
  name: string,
  retryable: boolean,
][] = [
  [
    "a wrong key at OpenAI",
    "openai/gpt-4o",
    401,
    openai("Incorrect API key provided: sk-1***"),
    "LLMAuthenticationError",
    false,
  ],
  [
    "a wrong key at Gemini",
    "gemini/gemini-2.5-flash",
    400,
    [openai("API key not valid. Please pass a valid API key.")],
    "LLMAuthenticationError",
    false,
  ],
  [
    "a forbidden model",
    "openai/gpt-4o",
    403,
    openai("Project does not have access"),
    "LLMAuthenticationError",
    false,
  ],
  ["too many requests", "openai/gpt-4o", 429, openai("Rate limit reached"), "LLMRateLimitError", true],
  [
    "an empty account at OpenAI",
    "openai/gpt-4o",
    429,
    openai("You exceeded your current quota", { code: "insufficient_quota" }),
    "LLMRateLimitError",
    false,
  ],
  [
    "an empty account at DeepSeek",
    "deepseek/deepseek-chat",
    402,
    openai("Insufficient Balance"),
    "APIError",
    false,
  ],
  [
    "a spent budget of a LiteLLM proxy",
    "litellm_proxy/mine",
    429,
    openai("Budget has been exceeded! Current cost: 5, Max budget: 4", { type: "budget_exceeded" }),
    "LLMRateLimitError",
    false,
  ],
  [
    "a spent budget of an older LiteLLM proxy",
    "litellm_proxy/mine",
    400,
    openai("Budget has been exceeded! Current cost: 5, Max budget: 4", { type: "budget_exceeded" }),
    "LLMError",
    false,
  ],
  [
    "a used-up plan",
    "openai/gpt-5.5",
    429,
    openai("The usage limit has been reached", { type: "usage_limit_reached" }),
    "LLMRateLimitError",
    false,
  ],
  ["a slow request", "openai/gpt-4o", 408, openai("Request timed out"), "LLMTimeoutError", true],
  ["a conflict", "openai/gpt-4o", 409, openai("Try again"), "APIError", true],
  ["a tier without room at Groq", "groq/x", 498, openai("Flex tier capacity exceeded"), "APIError", true],
  ["a status of a proxy", "openai/gpt-4o", 520, "Unknown error", "APIError", true],
  ["an unknown model", "openai/nope", 404, openai("The model `nope` does not exist"), "NotFoundError", false],
  ["a bad field", "openai/gpt-4o", 400, openai("Unknown parameter"), "LLMBadRequestError", false],
  [
    "an overloaded Anthropic",
    "anthropic/claude-sonnet-4-5",
    529,
    anthropic("overloaded_error", "Overloaded"),
    "LLMServiceUnavailableError",
    true,
  ],
  [
    "an inner failure",
    "openai/gpt-4o",
    500,
    openai("The server had an error"),
    "LLMServiceUnavailableError",
    true,
  ],
  [
    "a web page of a gateway",
    "openai/gpt-4o",
    502,
    "<!DOCTYPE html><html><style>p{}</style><p>Bad gateway</p></html>",
    "BadGatewayError",
    true,
  ],
  ["a gateway's timeout", "openai/gpt-4o", 504, "upstream timed out", "LLMTimeoutError", true],
  [
    "a content filter at Azure",
    "openai/gpt-4o",
    400,
    openai("The response was filtered", { code: "content_filter" }),
    "LLMContentPolicyViolationError",
    false,
  ],
  [
    "a full context at OpenAI",
    "openai/gpt-4o",
    400,
    openai("This model's maximum context length is 128000 tokens", { code: "context_length_exceeded" }),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a full context at Anthropic",
    "anthropic/claude-sonnet-4-5",
    400,
    anthropic("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a full context at Gemini",
    "gemini/gemini-2.5-flash",
    400,
    openai("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a full context at xAI",
    "xai/grok-4",
    400,
    openai("This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a full context at Groq",
    "groq/x",
    400,
    openai("Please reduce the length of the messages or completion."),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a full context at llama.cpp",
    "hosted_vllm/x",
    400,
    openai("the request exceeds the available context size"),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a full context at Moonshot",
    "moonshot/kimi-k2",
    400,
    openai("Invalid request: Your request exceeded model token limit: 262144"),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "too much for one request",
    "anthropic/claude-sonnet-4-5",
    413,
    anthropic("request_too_large", "Request exceeds the maximum size"),
    "LLMContextWindowExceedError",
    false,
  ],
  [
    "a call without its result",
    "anthropic/claude-sonnet-4-5",
    400,
    anthropic(
      "invalid_request_error",
      "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
    ),
    "LLMMalformedConversationHistoryError",
    false,
  ],
  [
    "an unanswered call at OpenAI",
    "openai/gpt-4o",
    400,
    openai(
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    ),
    "LLMMalformedConversationHistoryError",
    false,
  ],
];

describe("a provider's failure", () => {
  it.each(cases)("%s", async (_, modelName, status, body, name, retryable) => {
    const provider = await recordedProvider({ status, body });
    const { ask } = model({ model: modelName, base_url: provider.url });
    await expect(ask()).rejects.toMatchObject({ name, retryable, status });
    expect(provider.requests).toHaveLength(1);
  });

  it("is shown as plain text of bounded length", async () => {
    const page = `<!DOCTYPE html><html><body><h1>Bad gateway</h1>${"<p>x</p>".repeat(20_000)}</body></html>`;
    const provider = await recordedProvider({ status: 502, body: page });
    const error = await model({ model: "openai/gpt-4o", base_url: provider.url })
      .ask()
      .catch((thrown: Error) => thrown);
    expect((error as Error).message).toContain("Bad gateway");
    expect((error as Error).message).not.toContain("<");
    expect((error as Error).message.length).toBeLessThan(2100);
  });

  it("never shows the key", async () => {
    const provider = await recordedProvider({ status: 401, body: openai("No such key: sk-very-secret") });
    const { ask } = model({ model: "openai/gpt-4o", base_url: provider.url, api_key: "sk-very-secret" });
    await expect(ask()).rejects.toThrow("No such key: **********");
  });

  it("is LLMServiceUnavailableError when nothing answers", async () => {
    const { ask } = model({ model: "openai/gpt-4o", base_url: "http://127.0.0.1:1/v1" });
    await expect(ask()).rejects.toMatchObject({ name: "LLMServiceUnavailableError", retryable: true });
  });

  it.each([["openai/gpt-4o"], ["anthropic/claude-sonnet-4-5"]])(
    "of %s says what became of the connection, where, and what to check",
    async (name) => {
      const free = createServer().listen(0, "127.0.0.1");
      await once(free, "listening");
      const { port } = free.address() as AddressInfo;
      await new Promise((resolve) => free.close(resolve));
      const { ask } = model({ model: name, base_url: `http://127.0.0.1:${port}` });
      await expect(ask()).rejects.toThrow(
        `Connection error. (connect ECONNREFUSED 127.0.0.1:${port}) [at http://127.0.0.1:${port}] ` +
          "Check that the server runs and that base_url is its address.",
      );
    },
  );

  it.each([
    [401, "Check api_key or OPENAI_API_KEY."],
    [404, "Check the name of the model and base_url"],
  ])("with status %i says the address, the status and what to check", async (status, hint) => {
    const provider = await recordedProvider({ status, body: openai("No") });
    const { ask } = model({ model: "openai/gpt-4o", base_url: `${provider.url}?token=abc` });
    await expect(ask()).rejects.toThrow(`[status ${status} from ${provider.url}] ${hint}`);
  });

  it("is read in linear time from a hostile page", async () => {
    const provider = await recordedProvider({ status: 502, body: `<html>${"<style".repeat(1_000_000)}` });
    const asked = () => model({ model: "openai/gpt-4o", base_url: provider.url }).ask();
    expect(await cpuTime(() => expect(asked()).rejects.toThrow())).toBeLessThan(5_000);
  });

  it("is LLMTimeoutError when the answer takes longer than the configured timeout", async () => {
    const provider = await recordedProvider({ hang: true });
    const { ask } = model({ model: "openai/gpt-4o", base_url: provider.url, timeout: 1 });
    await expect(ask()).rejects.toMatchObject({ name: "LLMTimeoutError", retryable: true });
  });

  it("is LLMTimeoutError when a stream falls silent", async () => {
    const frame = { id: "x", choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }] };
    const provider = await recordedProvider({ stream: [frame], hang: true });
    const { ask, deltas } = model({
      model: "openai/gpt-4o",
      base_url: provider.url,
      stream_idle_timeout: 1.5,
      stream: true,
    });
    await expect(ask()).rejects.toMatchObject({ name: "LLMTimeoutError" });
    expect(deltas).toMatchObject([{ content: "Hi" }]);
  });

  it.each([["openai/gpt-4o"], ["openai/gpt-5.5"], ["anthropic/claude-sonnet-4-5"]])(
    "is the signal's own reason when %s is aborted in mid-stream",
    async (name) => {
      const provider = await recordedProvider({ hang: true });
      const controller = new AbortController();
      const { ask } = model({ model: name, base_url: provider.url, stream: true, num_retries: 5 });
      const reply = ask({ signal: controller.signal });
      while (provider.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort(new Error("stop now"));
      await expect(reply).rejects.toThrow("stop now");
    },
  );
});
