import { type Step, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { ConversationManager } from "../../../../src/conversations/conversation-manager.ts";
import type { Llm, LlmRequest } from "../../../../src/llm/llm.ts";
import type { LlmConfig } from "../../../../src/wire/agent/llm-config.ts";
import {
  type BenchOptions,
  Gate,
  logOf,
  openManager,
  send,
  start,
  until,
  waitFor,
} from "../../open-manager.ts";

const WORDS = "Fix the login page, please.";

interface TitleBench {
  manager: ConversationManager;
  /** What the model of titles was asked. */
  requests: readonly LlmRequest[];
  configs: LlmConfig[];
}

/** The agent's model answers as ever; titles come from another model, recognised by its usage id. */
function openTitled(
  title: string | Step<LlmRequest>,
  { sideCalls, ...options }: BenchOptions & { sideCalls?: boolean } = {},
): TitleBench {
  const configs: LlmConfig[] = [];
  const step = typeof title === "string" ? say(title) : title;
  const titles = { ...scriptedLlm([step], { cost: 0.5 }), sideCalls };
  const agent = scriptedLlm([say("One."), say("Two.")], { cost: 0.5 });
  const createLlm = (config: LlmConfig): Llm => {
    configs.push(config);
    return config.usage_id === "title" ? titles : agent;
  };
  return { manager: openManager({ createLlm, ...options }).manager, requests: titles.requests, configs };
}

async function titleOf(manager: ConversationManager, id: string): Promise<string | null> {
  return (await manager.get(id)).title;
}

async function titled(manager: ConversationManager, words: string, fields = {}): Promise<string | null> {
  const id = await start(manager, { autotitle: true, ...fields });
  await send(manager, id, words);
  await until(async () => (await titleOf(manager, id)) !== null);
  return titleOf(manager, id);
}

describe("the title of a conversation", () => {
  it("comes from the agent's model, asked plainly and beside its work", async () => {
    const { manager, requests, configs } = openTitled("🐛 Fix the login page");
    const llm = { model: "openai/gpt-5.5", api_key: "k", stream: true };

    expect(await titled(manager, WORDS, { agent: { llm } })).toBe("🐛 Fix the login page");
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ tools: [], conversationId: expect.any(String) });
    expect(JSON.stringify(requests[0]?.messages)).toContain(WORDS);
    expect(configs.find(({ usage_id }) => usage_id === "title")).toMatchObject({
      stream: false,
      api_mode: "auto",
    });
  });

  it.each([
    ["Name it: {conversation_content}! Up to {max_length}.", `Name it: ${WORDS}! Up to 50.`],
    ["In Latin, please.", `In Latin, please.\n\nThe first message:\n\n${WORDS}`],
    [" ", `The first message:\n\n${WORDS}`],
  ])("is asked for in the client's words: %j", async (prompt, asked) => {
    const { manager, requests } = openTitled("Titulus");
    await titled(manager, WORDS, { prompt });
    expect(requests[0]?.messages.at(-1)?.content).toMatchObject([{ text: asked }]);
  });

  it("takes nothing in the message for a place of the client's words", async () => {
    const { manager, requests } = openTitled("Titulus");
    await titled(manager, "{max_length} $& dogs", { prompt: "Name: {conversation_content}" });
    expect(requests[0]?.messages.at(-1)?.content).toMatchObject([{ text: "Name: {max_length} $& dogs" }]);
  });

  it("appears in no event, and its cost is not the agent's", async () => {
    const { manager } = openTitled("🐛 Fix the login page");
    const id = await start(manager, { autotitle: true });
    await send(manager, id, WORDS);
    await until(async () => (await titleOf(manager, id)) !== null);
    await until(async () => (await manager.get(id)).execution_status === "finished");

    expect(JSON.stringify(await logOf(manager, id))).not.toContain('Fix the login page,"');
    expect((await logOf(manager, id)).map(({ kind }) => kind)).not.toContain("ConversationErrorEvent");
    expect((await manager.get(id)).stats.usage_to_metrics).toMatchObject({
      default: { accumulated_cost: 0.5 },
      title: { accumulated_cost: 0.5 },
    });
  });

  it.each([
    ['  "Fix it"\n', "Fix it"],
    ["<think>A title. Hm.</think>\n🐛 Fix it", "🐛 Fix it"],
    ["<think>A title. Hm.", WORDS],
    ["🐛".repeat(60), `${"🐛".repeat(47)}...`],
  ])("is tidied: %j", async (answer, title) => {
    expect(await titled(openTitled(answer).manager, WORDS)).toBe(title);
  });

  it.each([
    ["fails", new Error("no")],
    ["has nothing to say", " "],
  ])("is the beginning of the message when the model %s", async (_what, turn) => {
    const words = `${WORDS}\nIt is broken since the last release went out.`;
    expect(await titled(openTitled(turn).manager, words)).toBe(
      "Fix the login page, please. It is broken since ...",
    );
  });

  it("is the beginning of the message for models that only the agent may ask", async () => {
    const { manager, requests } = openTitled("never", { sideCalls: false });
    expect(await titled(manager, WORDS)).toBe(WORDS);
    expect(requests).toEqual([]);
  });

  it("is not made where the client wants none", async () => {
    const { manager, requests } = openTitled("never");
    const id = await start(manager, { autotitle: false });
    await send(manager, id, WORDS);
    await until(async () => (await manager.get(id)).execution_status === "finished");
    expect([await titleOf(manager, id), requests]).toEqual([null, []]);
  });

  it("waits for a message with words", async () => {
    const { manager } = openTitled("🐛 Fix it");
    const id = await start(manager, { autotitle: true });
    await send(manager, id, "  ", false);
    expect(await titled(manager, WORDS)).toBe("🐛 Fix it");
    expect(await titleOf(manager, id)).toBeNull();
  });
});

describe("a title in the making", () => {
  function openWaiting() {
    const gate = new Gate();
    const bench = openTitled(waitFor(gate, "too late"));
    return { ...bench, gate };
  }

  it("delays neither the message nor the run", async () => {
    const { manager, gate } = openWaiting();
    const id = await start(manager, { autotitle: true });
    await send(manager, id, WORDS);
    await gate.reached;
    await until(async () => (await manager.get(id)).execution_status === "finished");
    expect(await titleOf(manager, id)).toBeNull();
    await manager.close();
  });

  it("gives way to the user's own", async () => {
    const { manager, gate } = openWaiting();
    const id = await start(manager, { autotitle: true });
    await send(manager, id, WORDS);
    await gate.reached;
    await (await manager.open(id)).update({ title: "Mine", tags: null });
    gate.open();
    await manager.close();
    expect(await titleOf(manager, id)).toBe("Mine");
  });

  it("ends with its conversation", async () => {
    const { manager, gate, requests } = openWaiting();
    const id = await start(manager, { autotitle: true });
    await send(manager, id, WORDS);
    await gate.reached;
    await manager.delete(id);
    expect(requests[0]?.signal.aborted).toBe(true);
    await expect(manager.get(id)).rejects.toThrow();
  });
});
