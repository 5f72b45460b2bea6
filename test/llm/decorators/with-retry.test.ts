import { describe, expect, it } from "vitest";
import { waitAfter, withRetry } from "../../../src/llm/decorators/with-retry.ts";
import { LlmError } from "../../../src/llm/llm-error.ts";
import { silentLogger } from "../../../src/logger.ts";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { model, recordedProvider, user } from "../recorded-provider.ts";

const policy = { attempts: 5, multiplier: 8, minWait: 8, maxWait: 64 };
const busy = new LlmError("LLMRateLimitError", "busy", { retryable: true });

function retrying(
  ...steps: Parameters<typeof scriptedLlm>[0] extends infer S
    ? S extends readonly (infer E)[]
      ? E[]
      : never
    : never
) {
  const inner = scriptedLlm(steps);
  const waits: number[] = [];
  const llm = withRetry(inner, policy, {
    logger: silentLogger,
    sleep: async (milliseconds) => {
      waits.push(milliseconds / 1000);
    },
  });
  const signal = new AbortController().signal;
  return { inner, waits, ask: () => llm.complete({ messages: [user("Hello")], tools: [], signal }) };
}

describe("retries", () => {
  it("num_retries counts the attempts in all, with doubling waits between", async () => {
    const { ask, waits, inner } = retrying(busy, busy, busy, busy, busy, say("too late"));
    await expect(ask()).rejects.toBe(busy);
    expect(inner.requests).toHaveLength(5);
    expect(waits).toEqual([8, 16, 32, 64]);
  });

  it("end with the first answer", async () => {
    const { ask, inner } = retrying(busy, say("Hi"));
    expect((await ask()).message.content).toMatchObject([{ text: "Hi" }]);
    inner.assertDone();
  });

  it("are not made for what cannot succeed", async () => {
    const wrong = new LlmError("LLMBadRequestError", "wrong");
    const { ask, inner } = retrying(wrong, say("never"));
    await expect(ask()).rejects.toBe(wrong);
    expect(inner.requests).toHaveLength(1);
  });

  it("are logged, and so is the failure of the last attempt", async () => {
    const warnings: [fields: object, message: string][] = [];
    const warn = (fields: object, message: string) => warnings.push([fields, message]);
    const llm = withRetry(
      scriptedLlm([busy, busy]),
      { ...policy, attempts: 2 },
      {
        logger: { ...silentLogger, warn },
        sleep: async () => {},
      },
    );
    const { signal } = new AbortController();
    await expect(llm.complete({ messages: [], tools: [], signal })).rejects.toBe(busy);
    const failure = { error: "LLMRateLimitError", detail: "busy", attempts: 2 };
    expect(warnings).toEqual([
      [{ ...failure, attempt: 1, wait: 8 }, "model call failed, trying again"],
      [{ ...failure, attempt: 2 }, "model call failed"],
    ]);
  });

  it("wait as long as the provider asks, within a bound", () => {
    expect(waitAfter(1, policy, 3)).toBe(3);
    expect(waitAfter(1, policy, 3600)).toBe(120);
    expect(waitAfter(1, { ...policy, maxWait: 300 }, 3600)).toBe(300);
  });

  it.each([
    [{ "retry-after": "7" }, [7000]],
    [{ "retry-after-ms": "1500" }, [1500]],
  ])("read %o", async (headers, expected) => {
    const body = { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }] };
    const provider = await recordedProvider(
      { status: 429, headers, body: { error: { message: "slow" } } },
      { body },
    );
    const { ask, waits } = model({ model: "openai/gpt-4o", base_url: provider.url, num_retries: 2 });
    await ask();
    expect(waits).toEqual(expected);
  });

  it("stop waiting when aborted, with the reason of the abort", async () => {
    const controller = new AbortController();
    const llm = withRetry(scriptedLlm([busy]), policy);
    const asked = llm.complete({ messages: [user("Hello")], tools: [], signal: controller.signal });
    setTimeout(() => controller.abort(new Error("stop now")), 10);
    await expect(asked).rejects.toThrow("stop now");
  });
});
