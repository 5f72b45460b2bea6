import { say, scriptedLlm, usage } from "agent-server/testing";
import { expect, it } from "vitest";
import { condenseWith } from "../../../src/agent/loop/condenser.ts";
import type { ExtensionFactory } from "../../../src/agent/loop/extension.ts";
import type { LlmConfig } from "../../../src/wire/agent/llm-config.ts";
import { logOf, openManager, send, start, until } from "../open-manager.ts";

const signal = new AbortController().signal;
const SUMMARY = { model: "openai/small", api_key: "k", usage_id: "condenser" };

/** A conversation whose condenser asks a model of its own, once. */
async function condensed(llm = SUMMARY) {
  const configs: LlmConfig[] = [];
  const small = scriptedLlm([
    [say("A summary"), usage({ prompt_tokens: 70, completion_tokens: 5 }, { cost: 0.25 })],
  ]);
  const extensions: ExtensionFactory = ({ createLlm }) => {
    const own = createLlm(llm);
    let asked = false;
    const condense = async () => {
      if (asked) return null;
      asked = true;
      await own.complete({ messages: [{ role: "user", content: [] }], tools: [], signal });
      return null;
    };
    return [condenseWith({ handlesRequests: false, condense })];
  };
  const agent = scriptedLlm([
    [say("Done."), usage({ prompt_tokens: 9, completion_tokens: 1 }, { cost: 0.5 })],
  ]);
  const createLlm = (config: LlmConfig) => {
    configs.push(config);
    return config.usage_id === "condenser" ? small : agent;
  };
  const { manager } = openManager({ createLlm, extensions });
  const id = await start(manager);
  await send(manager, id, "Hello");
  await until(async () => (await manager.get(id)).execution_status === "finished");
  return { manager, id, small, configs };
}

it("what a model of an extension uses counts in the stats, under its own name and usage id", async () => {
  const { manager, id } = await condensed();
  const { stats } = await manager.get(id);
  expect(stats.usage_to_metrics).toMatchObject({
    default: { accumulated_cost: 0.5, accumulated_token_usage: { prompt_tokens: 9 } },
    condenser: {
      model_name: "openai/small",
      accumulated_cost: 0.25,
      accumulated_token_usage: { model: "openai/small", prompt_tokens: 70, completion_tokens: 5 },
      costs: [{ cost: 0.25 }],
      token_usages: [{ prompt_tokens: 70 }],
    },
  });
});

it("watchers are told of it as of the agent's own calls", async () => {
  const { manager, id } = await condensed();
  const updates = (await logOf(manager, id)).filter((event) => "key" in event && event.key === "stats");
  expect(updates[0]).toMatchObject({
    value: { usage_to_metrics: { condenser: { accumulated_cost: 0.25 } } },
  });
});

it("such a model is asked in the name of the conversation, with the defaults of a configuration", async () => {
  const { id, small, configs } = await condensed();
  expect(small.requests[0]?.conversationId).toBe(id);
  expect(configs.find(({ usage_id }) => usage_id === "condenser")).toMatchObject({
    num_retries: 5,
    timeout: 300,
  });
});

it("a configuration that is not valid is refused by its field", async () => {
  const { manager } = openManager({
    extensions: ({ createLlm }) => {
      createLlm({ model: "openai/small", timeout: -1 });
      return [];
    },
  });
  const id = await start(manager);
  await expect(send(manager, id, "Hello")).rejects.toThrow("llm.timeout: Too small");
});
