import { call, isSideCall, type ReplyPart, type Step, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { ConversationHandle } from "../../src/conversations/live/conversation-handle.ts";
import type { Llm, LlmRequest } from "../../src/llm/llm.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { namedTools } from "../../src/tools/catalogue.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import { type LlmConfig, parseLlmConfig } from "../../src/wire/agent/llm-config.ts";
import { textOf } from "../../src/wire/events/message.ts";
import { metaProfile } from "../../src/wire/settings/meta-profile.ts";
import { echoes, summarising } from "../agent/condenser/condensed.ts";
import { hooks } from "./hooks/hooked.ts";
import { attach, echoTool, openManager, start, until } from "./open-manager.ts";

/** A call of a model that is not one of the agent's steps. */
interface SideCall {
  /** Account that it counts in. */
  usageId: string;
  /** Its answer. */
  answer?: ReplyPart;
  /** Steps of the agent. */
  steps?: Step<LlmRequest>[];
  /** Fields of the conversation. */
  fields?: Record<string, unknown>;
  /** Fields of the agent. */
  agent?: Record<string, unknown>;
  /** Brings the call about. Default: the agent is sent to work. */
  act?(conversation: ConversationHandle): Promise<unknown>;
  /** Tells it from the calls of the agent. Default: by its account. */
  isSide?(request: LlmRequest): boolean;
  /** Replies in the account: those of the agent too, where they share it. Default: 1. */
  replies?: number;
}

const ALLOW = '{"decision": "allow", "reason": "fine"}';
const ECHO = [call("echo", { text: "a" }), say("Done.")];
const IMAGE = "data:image/png;base64,iVBORw0KGgo=";

const judge = (more: object) => ({ hook_config: hooks({ pre_tool_use: { name: "judge", ...more } }) });
const go = (conversation: ConversationHandle) => conversation.sendMessage("Go.", { run: true });

const SIDE_CALLS: Record<string, SideCall> = {
  "a question to the agent": { usageId: "ask-agent-llm", act: (chat) => chat.ask("Which file?") },
  "a title of its own accord": { usageId: "title", fields: { autotitle: true } },
  "a title on request": {
    usageId: "title",
    act: async (chat) => {
      await chat.sendMessage("Go.", { run: false });
      await chat.generateTitle();
    },
  },
  "a condensation in a run": {
    usageId: "condenser",
    agent: { condenser: summarising() },
    steps: [...echoes(12), say("Done.")],
  },
  "a condensation on request": {
    usageId: "condenser",
    agent: { condenser: summarising({ max_size: 240 }) },
    steps: [...echoes(3), say("Done.")],
    act: async (chat) => {
      await go(chat);
      await chat.settled();
      await chat.condense();
    },
  },
  "the judge of a goal": {
    usageId: "default",
    answer: say('{"score": 1, "complete": true, "missing": ""}'),
    isSide: isSideCall,
    act: (chat) => chat.startGoal("Write hello."),
    replies: 2,
  },
  "a guardrail": {
    usageId: "guard",
    fields: {
      security_analyzer: {
        kind: "ToolShieldLLMSecurityAnalyzer",
        llm: { model: "openai/guard", usage_id: "guard" },
      },
    },
    steps: ECHO,
  },
  "a hook that asks the model": {
    usageId: "prompt-hook:judge",
    answer: say(ALLOW),
    fields: judge({ type: "prompt", prompt: "Refuse nothing." }),
    steps: ECHO,
  },
  "a hook that asks an agent": {
    usageId: "agent-hook:judge",
    answer: call("finish", { message: ALLOW }),
    fields: judge({ type: "agent", system_prompt: "You are a judge." }),
    steps: ECHO,
  },
  "the Oracle": {
    usageId: "oracle:oracle",
    agent: { tools: [{ name: "ask_oracle" }] },
    steps: [call("ask_oracle", { question: "Why?" }), say("Done.")],
  },
  "a classifier": {
    usageId: "classifier:sorter",
    answer: say("1"),
    agent: { include_default_tools: ["ClassifyAndSwitchLLMTool"] },
    steps: [call("route_task_to_model"), say("Done.")],
  },
  "a sub-agent": {
    usageId: "task:task_00000001",
    fields: { agent_definitions: [{ name: "finder", tools: [] }] },
    agent: { tools: [{ name: "task_tool_set" }] },
    steps: [call("task", { prompt: "Subtask", subagent_type: "finder" }), say("Done.")],
    isSide: ({ messages }) => messages.some(({ content }) => textOf(content).startsWith("Subtask")),
  },
  "a model that sees": {
    usageId: "vision-profile:eyes",
    steps: [call("inspect_image_with_vision", { image_index: 0, question: "What?" }), say("Done.")],
    act: (chat) =>
      chat.sendMessage([{ type: "image", image_urls: [IMAGE], cache_prompt: false }], { run: true }),
  },
};

const profiles = {
  resolve: () => Promise.reject(new Error("not asked for")),
  model: async (name: string) => parseLlmConfig({ model: `openai/${name}`, api_key: "k" }),
  modelNames: async () => ["eyes", "oracle", "quick", "sorter"],
  metaProfile: async () =>
    metaProfile.parse({ classifier_model: "sorter", classes: [{ description: "All", model: "quick" }] }),
  wantsMemory: async () => false,
};

/** Makes the call in a conversation whose budget it uses up. All other calls are free. */
async function played({ usageId, answer = say("Words."), steps = [say("Done.")], ...more }: SideCall) {
  const { fields, agent, act = go, isSide } = more;
  const free = scriptedLlm([...steps], { usage: null });
  const price = usage({ prompt_tokens: 70, completion_tokens: 5 }, { cost: 4 });
  const paid = scriptedLlm(() => [answer, price]);
  const createLlm = (config: LlmConfig): Llm => ({
    vision: config.model === "openai/eyes",
    complete: (request) =>
      ((isSide?.(request) ?? config.usage_id === usageId) ? paid : free).complete(request),
  });
  const store = memoryStore();
  const tools = new ToolRegistry([echoTool(), ...namedTools()]);
  const budgets = { conversation: { cost: 4, final: true } };
  const { manager } = openManager({ store, createLlm, tools, profiles, budgets });
  const id = await start(manager, {
    ...fields,
    agent: { llm: { model: "openai/first", api_key: "k" }, tools: [{ name: "echo" }], ...agent },
  });
  const socket = await attach(manager, id);
  await act(await manager.open(id));
  const account = async () => (await manager.get(id)).stats.usage_to_metrics?.[usageId];
  await until(async () => (await account())?.accumulated_cost === 4);
  await until(async () => (await manager.get(id)).execution_status !== "running");
  return { manager, id, socket, store, account };
}

describe.each(Object.entries(SIDE_CALLS))("%s", (_name, sideCall) => {
  it("counts with its cost, tokens and time, for every reader, after a restart and in budgets", async () => {
    const { usageId, replies = 1 } = sideCall;
    const { manager, id, socket, store, account } = await played(sideCall);
    const counted = await account();
    expect(counted).toMatchObject({
      accumulated_cost: 4,
      accumulated_token_usage: { prompt_tokens: 70, completion_tokens: 5 },
      costs: [{ cost: 4 }],
      token_usages: [{ prompt_tokens: 70, completion_tokens: 5 }],
    });
    expect(counted?.response_latencies).toHaveLength(replies);

    const shown = () => socket.events.findLast(({ key }) => key === "stats")?.value;
    const figures = { usage_to_metrics: { [usageId]: { accumulated_cost: 4 } } };
    await until(() => shown() !== undefined);
    expect(shown()).toMatchObject(figures);
    const { items } = await manager.search();
    expect(items.find((item) => item.id === id)?.stats).toMatchObject(figures);
    await expect((await manager.open(id)).ask("More?")).rejects.toMatchObject({ code: "too_many_requests" });

    await manager.close();
    const restarted = openManager({ store }).manager;
    expect((await restarted.get(id)).stats.usage_to_metrics?.[usageId]).toEqual(counted);
  });
});
