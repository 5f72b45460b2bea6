import { type Llm, LlmError } from "agent-server";
import { isSideCall, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { createServer } from "../../../src/server/create-server.ts";
import { memoryStore } from "../../../src/stores/memory.ts";

const busy = () => new LlmError("LLMRateLimitError", "slow down", { retryable: true });

/** Configures a conversation that does not wait between attempts. */
const IMPATIENT = { model: "mine", num_retries: 5, retry_min_wait: 0, retry_max_wait: 0 };

/** Runs one message with a host's model and returns how the conversation ended. */
async function converse(llm: Llm, config: Record<string, unknown> = {}, autotitle = false) {
  const server = createServer({
    keyless: "loopback",
    store: memoryStore(),
    environment: {},
    logger: "silent",
    createLlm: () => llm,
  });
  onTestFinished(() => server.close());
  const { conversations } = server;
  const { info, conversation } = await conversations.create({
    autotitle,
    agent: { llm: { ...IMPATIENT, ...config } },
    workspace: { working_dir: "/tmp" },
  });
  await conversation.sendMessage("Hi");
  const kinds: string[] = [];
  for await (const event of conversations.follow(info.id)) {
    kinds.push(event.kind);
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") continue;
    if (event.value === "finished" || event.value === "error") break;
  }
  return { info: await conversations.get(info.id), kinds };
}

describe("a host's own model", () => {
  it("is asked again after a rate limit, like a built-in one", async () => {
    const script = scriptedLlm([busy(), say("Hello.")]);
    const { info } = await converse({ complete: script.complete });
    expect(info.execution_status).toBe("finished");
    expect(script.requests).toHaveLength(2);
  });

  it("is asked once when it says that it is decorated", async () => {
    const script = scriptedLlm([busy(), say("Hello.")]);
    const { info } = await converse({ decorated: true, complete: script.complete });
    expect(info.execution_status).toBe("error");
    expect(script.requests).toHaveLength(1);
  });

  it("has the price of the configuration and its calls in the log", async () => {
    const script = scriptedLlm([[say("Hello."), usage({ prompt_tokens: 10, completion_tokens: 1 })]]);
    const llm: Llm = { complete: async (request) => ({ ...(await script.complete(request)), cost: null }) };
    const config = { input_cost_per_token: 1, output_cost_per_token: 2, log_completions: true };
    const { info, kinds } = await converse(llm, config);
    expect(info.stats.usage_to_metrics?.default?.accumulated_cost).toBe(12);
    expect(kinds).toContain("LLMCompletionLogEvent");
  });

  it("is not asked for a title when only the agent may ask it", async () => {
    const title = { when: isSideCall, step: say("A title") };
    const script = scriptedLlm([say("Hello.")], { rules: [title] });
    await converse({ complete: script.complete, sideCalls: false }, {}, true);
    expect(script.requests.filter(isSideCall)).toEqual([]);
  });
});
