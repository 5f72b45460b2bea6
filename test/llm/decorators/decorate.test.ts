import { type CompletionLog, decorate, type Llm, LlmError, type LlmRequest } from "agent-server";
import { describe, expect, it } from "vitest";
import { say, usage } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { user } from "../recorded-provider.ts";

const busy = new LlmError("LLMRateLimitError", "busy", { retryable: true });

function request(rest: Partial<LlmRequest> = {}): LlmRequest {
  return { messages: [user("Hello")], tools: [], signal: new AbortController().signal, ...rest };
}

/** A host's own model: it plays a script and has nothing but `complete`. */
function bareModel(...steps: Parameters<typeof scriptedLlm>[0] & readonly unknown[]) {
  const script = scriptedLlm(steps);
  return { script, llm: { complete: script.complete } satisfies Llm };
}

function config(rest: Record<string, unknown> = {}) {
  return llmConfig.parse({ model: "mine", ...rest });
}

const noWait = { sleep: async () => {} };

describe("a decorated model", () => {
  it("is asked again after a rate limit, as often as num_retries says", async () => {
    const { llm, script } = bareModel(busy, busy, say("Hi"));
    const reply = await decorate(llm, config({ num_retries: 3 }), noWait).complete(request());
    expect(reply.message.content).toMatchObject([{ text: "Hi" }]);
    expect(script.requests).toHaveLength(3);
  });

  it.each([
    ["a rate limit of an SDK", Object.assign(new Error("slow down"), { status: 429 })],
    ["a connection that was refused", Object.assign(new Error("no"), { code: "ECONNREFUSED" })],
  ])("is asked again after %s", async (_, error) => {
    const { llm } = bareModel(error, say("Hi"));
    const reply = await decorate(llm, config(), noWait).complete(request());
    expect(reply.message.content).toMatchObject([{ text: "Hi" }]);
  });

  it("rejects with a fault of its own code as it is, after one attempt", async () => {
    const fault = new TypeError("x is undefined");
    const { llm, script } = bareModel(fault, say("never"));
    await expect(decorate(llm, config(), noWait).complete(request())).rejects.toBe(fault);
    expect(script.requests).toHaveLength(1);
  });

  it("is given up after `timeout` seconds, and its signal fires", async () => {
    const signals: AbortSignal[] = [];
    const deaf: Llm = {
      complete: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    };
    const llm = decorate(deaf, { ...config({ num_retries: 2 }), timeout: 0.02 }, noWait);
    await expect(llm.complete(request())).rejects.toMatchObject({ name: "LLMTimeoutError", retryable: true });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("has a price where it states none", async () => {
    const { llm } = bareModel([say("Hi"), usage({ prompt_tokens: 1000, completion_tokens: 100 })]);
    const bare: Llm = { complete: async (asked) => ({ ...(await llm.complete(asked)), cost: null }) };
    const prices = { input_cost_per_token: 0.001, output_cost_per_token: 0.01, max_input_tokens: 50_000 };
    const reply = await decorate(bare, config(prices), noWait).complete(request());
    expect(reply).toMatchObject({ cost: 2, contextWindow: 50_000 });
  });

  it("keeps the price that it states", async () => {
    const { llm } = bareModel([say("Hi"), usage({}, { cost: 0.25 })]);
    const reply = await decorate(llm, config({ model: "openai/gpt-4o" }), noWait).complete(request());
    expect(reply).toMatchObject({ cost: 0.25, contextWindow: 128_000 });
  });

  it("has its calls logged where the configuration says so", async () => {
    const logs: CompletionLog[] = [];
    const options = { ...noWait, onCompletion: (log: CompletionLog) => logs.push(log) };
    const { llm } = bareModel(say("Hi"), say("Hi"));
    await decorate(llm, config({ log_completions: true }), options).complete(request());
    await decorate(llm, config(), options).complete(request());
    expect(logs).toMatchObject([{ model_name: "mine", usage_id: "default" }]);
  });

  it("still says what it can do", () => {
    class Mine implements Llm {
      get vision() {
        return false;
      }
      get sideCalls() {
        return false;
      }
      complete = bareModel().llm.complete;
    }
    expect(decorate(new Mine(), config())).toMatchObject({
      vision: false,
      sideCalls: false,
      decorated: true,
    });
  });

  it("is not decorated twice", () => {
    const once = decorate(bareModel().llm, config());
    expect(decorate(once, config())).toBe(once);
  });
});
