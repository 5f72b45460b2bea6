import { LlmError, multimodalRouter, randomRouter, routerLlm, withFallbacks } from "agent-server";
import { fail, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { Llm, LlmRequest } from "../../../src/llm/llm.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { user } from "../recorded-provider.ts";

function request(rest: Partial<LlmRequest> = {}): LlmRequest {
  return { messages: [user("Hello")], tools: [], signal: new AbortController().signal, ...rest };
}

async function answer(llm: Llm, rest: Partial<LlmRequest> = {}): Promise<string> {
  return textOf((await llm.complete(request(rest))).message.content);
}

/** A model that always fails. */
function failing(...error: ConstructorParameters<typeof LlmError>): Llm {
  return { complete: () => Promise.reject(new LlmError(...error)) };
}

const down = () => failing("LLMServiceUnavailableError", "down", { retryable: true });
const named = (name: string): Llm => scriptedLlm(Array(10).fill(say(name)));

describe("fallback models", () => {
  it("answer in their order when the first model fails for a reason that passes", async () => {
    expect(await answer(withFallbacks(down(), [down(), named("third")]))).toBe("third");
    expect(await answer(withFallbacks(named("first"), [named("second")]))).toBe("first");
  });

  it("are not asked before the next call asks the first model again", async () => {
    const first = scriptedLlm([fail("rate_limit"), say("first")]);
    const llm = withFallbacks(first, [named("second")]);
    expect(await answer(llm)).toBe("second");
    expect(await answer(llm)).toBe("first");
  });

  it("answer where the quota of a provider is used up", async () => {
    const empty = failing("LLMRateLimitError", "insufficient_quota: check your plan", { status: 429 });
    const unpaid = failing("APIError", "payment required", { status: 402 });
    expect(await answer(withFallbacks(empty, [unpaid, named("third")]))).toBe("third");
  });

  it("are not asked where a budget is used up, at the first model or at another one", async () => {
    const spent = failing("LLMRateLimitError", "budget_exceeded: max budget 10", { status: 429 });
    await expect(answer(withFallbacks(spent, [named("second")]))).rejects.toThrow("budget_exceeded");
    await expect(answer(withFallbacks(down(), [spent, named("third")]))).rejects.toThrow("budget_exceeded");
  });

  it("are not asked for what they could not help with", async () => {
    const wrong = failing("LLMContextWindowExceedError", "prompt is too long");
    await expect(answer(withFallbacks(wrong, [named("second")]))).rejects.toThrow("prompt is too long");
    const broken: Llm = { complete: () => Promise.reject(new TypeError("a fault of the code")) };
    await expect(answer(withFallbacks(broken, [named("second")]))).rejects.toThrow(TypeError);
  });

  it("leave the first model's error when they fail, too", async () => {
    const other = failing("LLMAuthenticationError", "invalid api key");
    await expect(answer(withFallbacks(down(), [other]))).rejects.toMatchObject({ message: "down" });
  });

  it("are not asked after the call was aborted", async () => {
    const controller = new AbortController();
    const late: Llm = {
      async complete() {
        controller.abort(new Error("stopped"));
        throw new LlmError("LLMTimeoutError", "late", { retryable: true });
      },
    };
    const llm = withFallbacks(late, [named("second")]);
    await expect(answer(llm, { signal: controller.signal })).rejects.toThrow("stopped");
  });
});

describe("a router", () => {
  it("hands each request to the model that is named, and says which it was", async () => {
    const llm = routerLlm({ small: named("small"), large: named("large") }, ({ tools }) =>
      tools.length > 0 ? "large" : "small",
    );
    expect(llm.activeLlm).toBe(null);
    expect(await answer(llm)).toBe("small");
    const tools = [{ name: "run", description: "", parameters: {} }];
    expect(await answer(llm, { tools })).toBe("large");
    expect(llm.activeLlm).toBe("large");
  });

  it("rejects a name that is not one of its models, and refuses to have none", async () => {
    const llm = routerLlm<string>({ one: named("one") }, () => "toString");
    await expect(answer(llm)).rejects.toThrow('select: "toString" is not one of the models one');
    expect(() => randomRouter({})).toThrow("llms: a router needs at least one model");
  });

  it("sees images when one of its models does", () => {
    const blind = { ...named("blind"), vision: false };
    expect(routerLlm({ a: blind, b: named("b") }, () => "a").vision).toBe(true);
    expect(routerLlm({ a: blind, b: blind }, () => "a").vision).toBe(false);
  });

  it("of sorts of prompts asks the primary model for images and for long prompts", async () => {
    const image = { type: "image" as const, image_urls: ["data:image/png;base64,AA=="], cache_prompt: false };
    const parts = { primary: named("primary"), secondary: named("secondary"), secondaryTokens: 100 };
    expect(await answer(multimodalRouter(parts))).toBe("secondary");
    expect(await answer(multimodalRouter(parts), { messages: [{ role: "user", content: [image] }] })).toBe(
      "primary",
    );
    expect(await answer(multimodalRouter(parts), { messages: [user("word ".repeat(100))] })).toBe("primary");
  });

  it("by chance asks each of its models", async () => {
    const chances = [0, 0.34, 0.99];
    const llm = randomRouter({ a: named("a"), b: named("b"), c: named("c") }, () => chances.shift() ?? 0);
    expect([await answer(llm), await answer(llm), await answer(llm)]).toEqual(["a", "b", "c"]);
  });
});
