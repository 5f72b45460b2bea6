import { describe, expect, it } from "vitest";
import { createLlm, type LlmOptions } from "../../../src/llm/create-llm.ts";
import type { Llm } from "../../../src/llm/llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { recordedProvider, user } from "../recorded-provider.ts";

const completion = { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }] };
const rejection = { status: 401, body: { error: { message: "token_not_found_in_db" } } };
const accepted = { body: completion };

/** A model with the key "old" and a place that knows the given keys, one after the other. */
function refreshed(
  url: string,
  keys: readonly (string | Error)[],
  rest: { baseUrls?: string[]; config?: object } = {},
) {
  let lookUps = 0;
  const keyRefresh: LlmOptions["keyRefresh"] = {
    baseUrls: rest.baseUrls ?? [`${url}/`],
    async lookUp() {
      const key = keys[Math.min(lookUps, keys.length - 1)] ?? "";
      lookUps += 1;
      if (key instanceof Error) throw key;
      return key;
    },
  };
  const config = llmConfig.parse({
    model: "litellm_proxy/gpt-4o",
    base_url: url,
    api_key: "old",
    num_retries: 1,
    ...rest.config,
  });
  const llm = createLlm(config, { environment: {}, logger: silentLogger, keyRefresh });
  return { llm, lookUps: () => lookUps };
}

const ask = (llm: Llm) =>
  llm.complete({ messages: [user("Hello")], tools: [], signal: new AbortController().signal });

const keysOf = (provider: { requests: readonly { headers: Record<string, unknown> }[] }) =>
  provider.requests.map(({ headers }) => headers.authorization);

describe("a key that the provider rejects", () => {
  it("is replaced by the one that was looked up, and the call is repeated; later calls have it", async () => {
    const provider = await recordedProvider(rejection, accepted);
    const { llm, lookUps } = refreshed(provider.url, [" new\n"]);
    expect((await ask(llm)).message.content).toMatchObject([{ text: "Hi" }]);
    await ask(llm);
    expect(keysOf(provider)).toEqual(["Bearer old", "Bearer new", "Bearer new"]);
    expect(lookUps()).toBe(1);
  });

  it("is looked up once for calls that are rejected at one time", async () => {
    const provider = await recordedProvider(rejection, rejection, accepted);
    const { llm, lookUps } = refreshed(provider.url, ["new"]);
    await Promise.all([ask(llm), ask(llm)]);
    expect(keysOf(provider)).toEqual(["Bearer old", "Bearer old", "Bearer new", "Bearer new"]);
    expect(lookUps()).toBe(1);
  });

  it("is given up when the new one is rejected too", async () => {
    const provider = await recordedProvider(rejection);
    const { llm } = refreshed(provider.url, ["new"]);
    await expect(ask(llm)).rejects.toMatchObject({ name: "LLMAuthenticationError", status: 401 });
    expect(keysOf(provider)).toEqual(["Bearer old", "Bearer new"]);
  });

  it.each([
    ["the same", "old"],
    ["blank", " \n"],
    ["not to be had", new Error("no route")],
  ])("stays where the looked-up one is %s: the provider's refusal is the error", async (_, key) => {
    const provider = await recordedProvider(rejection);
    const { llm } = refreshed(provider.url, [key]);
    await expect(ask(llm)).rejects.toThrow("token_not_found_in_db");
    expect(provider.requests).toHaveLength(1);
  });

  it("of a model elsewhere is never replaced", async () => {
    const provider = await recordedProvider(rejection);
    const { llm, lookUps } = refreshed(provider.url, ["new"], { baseUrls: ["https://proxy.test/v1"] });
    await expect(ask(llm)).rejects.toMatchObject({ name: "LLMAuthenticationError" });
    expect(lookUps()).toBe(0);
  });

  it("is not looked up for another failure, or for a subscription", async () => {
    const limited = await recordedProvider({ status: 429, body: { error: { message: "slow down" } } });
    const first = refreshed(limited.url, ["new"]);
    await expect(ask(first.llm)).rejects.toMatchObject({ name: "LLMRateLimitError" });
    const provider = await recordedProvider(rejection);
    const second = refreshed(provider.url, ["new"], { config: { auth_type: "subscription" } });
    await expect(ask(second.llm)).rejects.toMatchObject({ name: "LLMAuthenticationError" });
    expect([first.lookUps(), second.lookUps()]).toEqual([0, 0]);
  });
});
