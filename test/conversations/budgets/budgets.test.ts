import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Budgets, createServer } from "agent-server";
import { call, fixedClock, isSideCall, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { loadConfiguration } from "../../../src/configuration/load-configuration.ts";
import type { ConversationManager } from "../../../src/conversations/conversation-manager.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";
import type { Store } from "../../../src/stores/store.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import {
  type BenchOptions,
  echoTool,
  Gate,
  logOf,
  openManager,
  send,
  start,
  startRequest,
  until,
} from "../open-manager.ts";

/** A model that calls a tool for ever. Each reply costs 50 cents and 110 tokens. */
const tireless = () => {
  let count = 0;
  return () => {
    count += 1;
    return call("echo", { text: `${count}` });
  };
};

function budgeted(budgets: Budgets, options: BenchOptions = {}) {
  return openManager({ steps: tireless(), budgets, ...options });
}

/** A tool that takes its time. */
function slowTool(takeTime: () => void) {
  return defineTool({
    name: "slow",
    description: "Takes its time.",
    input: z.object({}),
    run: () => {
      takeTime();
      return "Done.";
    },
  });
}

/** Runs until the conversation is paused. */
async function untilPaused(manager: ConversationManager, id: string): Promise<void> {
  await until(async () => (await manager.get(id)).execution_status === "paused");
}

async function runUntilPaused(manager: ConversationManager, id: string): Promise<void> {
  const before = (await errorsOf(manager, id)).length;
  await (await manager.open(id)).run();
  await until(async () => (await errorsOf(manager, id)).length > before);
  await untilPaused(manager, id);
}

async function errorsOf(manager: ConversationManager, id: string) {
  return (await logOf(manager, id)).filter(({ kind }) => kind === "ConversationErrorEvent");
}

async function callsOf(manager: ConversationManager, id: string): Promise<number> {
  return (await logOf(manager, id)).filter(({ kind }) => kind === "ActionEvent").length;
}

async function startOf(manager: ConversationManager, createdBy: string, fields = {}): Promise<string> {
  return (await manager.create(startRequest(fields), { createdBy })).info.id;
}

describe("a conversation that has used up its budget", () => {
  it("is paused before the next call of the model, with an error that says why", async () => {
    const { manager } = budgeted({ conversation: { cost: 1.5 } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    expect(await errorsOf(manager, id)).toMatchObject([
      {
        code: "MaxBudgetReached",
        detail:
          "This conversation has used $1.50 of $1.50. The agent is paused. Start it again to go on with as much again.",
        classification: { kind: "quota", user_action: "settings" },
      },
    ]);
    expect(await callsOf(manager, id)).toBe(3);
    const log = await logOf(manager, id);
    expect(log.at(-2)).toMatchObject({ key: "execution_status", value: "paused" });
  });

  it("of tokens is paused", async () => {
    const { manager } = budgeted({ conversation: { tokens: 200 } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    expect(await errorsOf(manager, id)).toMatchObject([
      { detail: expect.stringContaining("220 tokens of 200 tokens") },
    ]);
  });

  it("of steps is paused", async () => {
    const { manager } = budgeted({ conversation: { steps: 4 } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(4);
  });

  it("of time is paused: what the model and the tools took counts, the time between runs does not", async () => {
    const clock = fixedClock();
    const steps = () => {
      clock.advance(4_000);
      return call("echo", { text: `${clock.now()}` });
    };
    const { manager } = openManager({ steps, clock, budgets: { conversation: { seconds: 10 } } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(3);
    clock.advance(3_600_000);
    await runUntilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(6);
  });

  it("of time counts runs to their end, also those that are interrupted or fail", async () => {
    const clock = fixedClock();
    const gate = new Gate();
    const steps = [
      async ({ signal }: LlmRequest) => {
        clock.advance(6_000);
        await gate.pass(signal);
        return say("Never said.");
      },
      () => {
        clock.advance(6_000);
        throw new Error("The model is gone");
      },
    ];
    const { manager } = openManager({ steps, clock, budgets: { conversation: { seconds: 10 } } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await gate.reached;
    await (await manager.open(id)).interrupt();
    clock.advance(3_600_000);
    await (await manager.open(id)).run();
    await until(async () => (await manager.get(id)).execution_status === "error");
    clock.advance(3_600_000);
    await runUntilPaused(manager, id);
    expect((await errorsOf(manager, id)).at(-1)).toMatchObject({
      detail: expect.stringContaining("used 12 seconds of 10 seconds"),
    });
  });

  it("of time counts a call until it waits for the user, and its tool once it is confirmed", async () => {
    const clock = fixedClock();
    const asks = () => {
      clock.advance(6_000);
      return call("slow");
    };
    const { manager } = openManager({
      steps: [asks],
      tools: new ToolRegistry([slowTool(() => clock.advance(6_000))]),
      clock,
      budgets: { conversation: { seconds: 10 } },
    });
    const agent = { llm: { model: "scripted" }, tools: [{ name: "slow" }] };
    const id = await start(manager, { agent, confirmation_policy: { kind: "AlwaysConfirm" } });
    await send(manager, id, "Go.");
    await until(async () => (await manager.get(id)).execution_status === "waiting_for_confirmation");
    clock.advance(3_600_000);
    await (await manager.open(id)).respondToConfirmation({ accept: true });
    await untilPaused(manager, id);
    expect(await errorsOf(manager, id)).toMatchObject([
      { detail: expect.stringContaining("used 12 seconds of 10 seconds") },
    ]);
  });

  it("of time is kept with each result of a tool, so that the end of the process takes back nothing of it", async () => {
    const clock = fixedClock();
    const gate = new Gate();
    const { manager, store } = openManager({
      steps: [[call("slow"), call("echo", { text: "b" })]],
      tools: new ToolRegistry([slowTool(() => clock.advance(6_000)), echoTool(gate)]),
      clock,
      budgets: { conversation: { seconds: 10 } },
    });
    const agent = { llm: { model: "scripted" }, tools: [{ name: "slow" }, { name: "echo" }] };
    const id = await start(manager, { agent });
    await send(manager, id, "Go.");
    await until(async () => (await logOf(manager, id)).some(({ kind }) => kind === "ObservationEvent"));
    const [record] = await store.conversations.find([id], ["budget"]);
    expect(JSON.parse(record?.documents.budget ?? "{}")).toMatchObject({ seconds: 6 });
  });

  it("goes on with as much again when the user starts it again", async () => {
    const { manager } = budgeted({ conversation: { steps: 2 } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    await runUntilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(4);
    await runUntilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(6);
  });

  it("stays paused when the budget is final", async () => {
    const { manager } = budgeted({ conversation: { steps: 2, final: true } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    await runUntilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(2);
    expect((await errorsOf(manager, id)).at(-1)).toMatchObject({
      detail: expect.stringContaining("Only the operator of the server can raise it."),
    });
  });

  it("counts every model that works for it", async () => {
    const condenser = {
      kind: "LLMSummarizingCondenser",
      llm: { model: "scripted", usage_id: "condenser" },
      max_size: 6,
      keep_first: 1,
    };
    const summary = [say("SUMMARY"), usage({ prompt_tokens: 1, completion_tokens: 1 }, { cost: 100 })];
    const llm = scriptedLlm(tireless(), { cost: 0.01, rules: [{ when: isSideCall, step: summary }] });
    const { manager } = openManager({ createLlm: () => llm, budgets: { conversation: { cost: 50 } } });
    const id = await start(manager, { agent: { ...startRequest().agent, condenser } });
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    expect(await errorsOf(manager, id)).toMatchObject([
      { detail: expect.stringMatching(/^This .* used \$100\.03 of/) },
    ]);
  });

  it("does not stop a fork, whose budget begins after the figures of its source", async () => {
    const { manager } = budgeted({ conversation: { cost: 1.5, final: true } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    const { info, conversation } = await manager.fork(id, { resetMetrics: false });
    await conversation.run();
    await untilPaused(manager, info.id);
    expect(await callsOf(manager, info.id)).toBe(3 + 3);
    await runUntilPaused(manager, info.id);
    expect(await callsOf(manager, info.id)).toBe(3 + 3);
  });

  it("is as paused after a restart, and what it has used is not forgotten", async () => {
    const folder = mkdtempSync(join(tmpdir(), "budgets-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const open = () => sqliteStore({ path: join(folder, "store.db") });
    const budgets = { conversation: { steps: 5 } };
    const first = open();
    const before = budgeted(budgets, { store: first });
    const id = await start(before.manager, { max_iterations: 3 });
    await send(before.manager, id, "Go.");
    await until(async () => (await before.manager.get(id)).execution_status === "error");
    await before.manager.close();
    await first.close();
    const second = open();
    const { manager } = budgeted(budgets, { store: second });
    await runUntilPaused(manager, id);
    // Three steps before the restart, the other two after it; the limit of one run is another matter.
    expect(await callsOf(manager, id)).toBe(5);
    await manager.close();
    await second.close();
  });

  it("does not stop another conversation", async () => {
    const { manager } = budgeted({ conversation: { steps: 2 } });
    const ids = await Promise.all([start(manager), start(manager)]);
    await Promise.all(ids.map((id) => send(manager, id, "Go.")));
    await Promise.all(ids.map((id) => untilPaused(manager, id)));
    expect(await Promise.all(ids.map((id) => callsOf(manager, id)))).toEqual([2, 2]);
  });
});

describe("the budget of a principal", () => {
  it("is that of all conversations together that the principal has created", async () => {
    const { manager } = budgeted({ principal: { steps: 5 } });
    const [first, second] = [
      await startOf(manager, "ada", { max_iterations: 3 }),
      await startOf(manager, "ada"),
    ];
    await send(manager, first, "Go.");
    await until(async () => (await manager.get(first)).execution_status === "error");
    await send(manager, second, "Go.");
    await untilPaused(manager, second);
    expect(await callsOf(manager, second)).toBe(2);
    expect(await errorsOf(manager, second)).toMatchObject([
      { detail: expect.stringMatching(/^The conversations of this user have used 5 steps of 5 steps\./) },
    ]);
  });

  it("is not that of another principal, and conversations of nobody have none", async () => {
    const { manager } = budgeted({ principal: { steps: 2 } });
    const ada = await startOf(manager, "ada");
    await send(manager, ada, "Go.");
    await untilPaused(manager, ada);
    const bob = await startOf(manager, "bob");
    await send(manager, bob, "Go.");
    await untilPaused(manager, bob);
    expect(await callsOf(manager, bob)).toBe(2);
    const nobody = await start(manager, { max_iterations: 7 });
    await send(manager, nobody, "Go.");
    await until(async () => (await manager.get(nobody)).execution_status === "error");
    expect(await callsOf(manager, nobody)).toBe(7);
  });

  it("begins again for all of them when the user goes on with one", async () => {
    const { manager } = budgeted({ principal: { steps: 2 } });
    const [first, second] = [await startOf(manager, "ada"), await startOf(manager, "ada")];
    await send(manager, first, "Go.");
    await untilPaused(manager, first);
    await send(manager, second, "Go.");
    await untilPaused(manager, second);
    expect(await callsOf(manager, second)).toBe(0);
    await runUntilPaused(manager, second);
    expect(await callsOf(manager, second)).toBe(2);
  });

  it("counts once what a fork shows of its source, also when the fork is deleted", async () => {
    const { manager } = budgeted({ principal: { cost: 2.5, final: true } });
    const id = await startOf(manager, "ada", { max_iterations: 3 });
    await send(manager, id, "Go.");
    await until(async () => (await manager.get(id)).execution_status === "error");
    await manager.delete((await manager.fork(id, { resetMetrics: false })).info.id);
    const { info, conversation } = await manager.fork(id, { resetMetrics: false });
    await conversation.run();
    await untilPaused(manager, info.id);
    expect(await callsOf(manager, info.id)).toBe(3 + 2);
    expect((await errorsOf(manager, info.id)).at(-1)).toMatchObject({
      detail: expect.stringMatching(/^The conversations of this user have used \$2\.50 of \$2\.50\./),
    });
  });

  it("cannot be used again by deleting conversations", async () => {
    const { manager } = budgeted({ principal: { steps: 3, final: true } });
    const first = await startOf(manager, "ada");
    await send(manager, first, "Go.");
    await untilPaused(manager, first);
    const second = await startOf(manager, "ada");
    await manager.delete(first);
    await send(manager, second, "Go.");
    await untilPaused(manager, second);
    expect(await callsOf(manager, second)).toBe(0);
  });

  it("counts a deleted conversation once, also when its deletion is tried again", async () => {
    const store = memoryStore();
    let failures = 1;
    const fragile: Store = {
      ...parts(store),
      remove: async (id) => {
        failures -= 1;
        if (failures >= 0) throw new Error("The disk is full");
        await store.remove(id);
      },
    };
    const { manager } = budgeted({ principal: { steps: 6, final: true } }, { store: fragile });
    const first = await startOf(manager, "ada", { max_iterations: 2 });
    await send(manager, first, "Go.");
    await until(async () => (await manager.get(first)).execution_status === "error");
    await expect(manager.delete(first)).rejects.toThrow();
    await manager.delete(first);
    const second = await startOf(manager, "ada");
    await send(manager, second, "Go.");
    await untilPaused(manager, second);
    expect(await callsOf(manager, second)).toBe(4);
  });

  it("is one on two servers that share a store", async () => {
    const store = memoryStore();
    const budgets = { principal: { steps: 4, final: true } };
    const [one, two] = [budgeted(budgets, { store }), budgeted(budgets, { store })];
    const first = await startOf(one.manager, "ada", { max_iterations: 3 });
    await send(one.manager, first, "Go.");
    await until(async () => (await one.manager.get(first)).execution_status === "error");
    const second = await startOf(two.manager, "ada");
    await send(two.manager, second, "Go.");
    await untilPaused(two.manager, second);
    expect(await callsOf(two.manager, second)).toBe(1);
    const third = await startOf(one.manager, "ada");
    await send(one.manager, third, "Go.");
    await untilPaused(one.manager, third);
    expect(await callsOf(one.manager, third)).toBe(0);
  });

  it("reads conversations that have not changed only once", async () => {
    const store = memoryStore();
    let read = 0;
    const counting: Store = {
      ...parts(store),
      conversations: {
        find: (...about) => store.conversations.find(...about),
        count: (filter) => store.conversations.count(filter),
        search: async (query) => {
          const page = await store.conversations.search(query);
          if (query.createdBy !== undefined) read += page.length;
          return page;
        },
      },
    };
    const clock = fixedClock();
    const { manager } = budgeted({ principal: { steps: 1_000 } }, { store: counting, clock });
    for (let index = 0; index < 120; index += 1) await startOf(manager, "ada");
    clock.advance(3_600_000);
    const id = await startOf(manager, "ada", { max_iterations: 20 });
    await send(manager, id, "Go.");
    await until(async () => (await manager.get(id)).execution_status === "error");
    // All of them once, then a page for each of the other steps.
    expect(read).toBeLessThan(130 + 19 * 51);
  });
});

describe("a final budget that is used up", () => {
  const answer = {
    when: ({ messages }: LlmRequest) => JSON.stringify(messages.at(-1)?.content).includes("How far?"),
    step: [say("42"), usage({ prompt_tokens: 1, completion_tokens: 1 }, { cost: 5 })],
  };

  it("refuses questions, titles and condensations", async () => {
    const { manager, llm } = budgeted({ conversation: { cost: 1.5, final: true } });
    const id = await start(manager);
    await send(manager, id, "Go.");
    await untilPaused(manager, id);
    const calls = llm.requests.length;
    const conversation = await manager.open(id);
    const refusal = {
      code: "too_many_requests",
      detail: "This conversation has used $1.50 of $1.50. Only the operator of the server can raise it.",
    };
    await expect(conversation.ask("How far?")).rejects.toMatchObject(refusal);
    await expect(conversation.generateTitle()).rejects.toMatchObject(refusal);
    await expect(conversation.condense()).rejects.toMatchObject(refusal);
    expect(llm.requests).toHaveLength(calls);
  });

  it("asks no model for the title of a new conversation, which gets the beginning of the message", async () => {
    const usageIds: string[] = [];
    const llm = scriptedLlm(tireless(), { cost: 0.5 });
    const createLlm = ({ usage_id }: { usage_id: string }) => {
      usageIds.push(usage_id);
      return llm;
    };
    const budgets = { principal: { cost: 1.5, final: true } };
    const { manager } = openManager({ createLlm, budgets });
    const used = await startOf(manager, "ada");
    await send(manager, used, "Go.");
    await untilPaused(manager, used);
    const id = await startOf(manager, "ada", { autotitle: true });
    await send(manager, id, "Fix the login page.");
    await until(async () => (await manager.get(id)).title !== null);
    expect((await manager.get(id)).title).toBe("Fix the login page.");
    expect(usageIds).not.toContain("title");
  });

  it("of a principal counts what questions in other conversations have cost", async () => {
    const clock = fixedClock();
    const llm = scriptedLlm(tireless(), { cost: 0.5, rules: [answer] });
    const budgets = { principal: { cost: 6, final: true } };
    const { manager } = openManager({ createLlm: () => llm, budgets, clock });
    const asked = await startOf(manager, "ada", { max_iterations: 1 });
    await send(manager, asked, "Go.");
    await until(async () => (await manager.get(asked)).execution_status === "error");
    clock.advance(3_600_000);
    const id = await startOf(manager, "ada", { max_iterations: 1 });
    await send(manager, id, "Go.");
    await until(async () => (await manager.get(id)).execution_status === "error");
    clock.advance(3_600_000);
    await (await manager.open(asked)).ask("How far?");
    await send(manager, id, "On.");
    await untilPaused(manager, id);
    expect(await callsOf(manager, id)).toBe(1);
    await expect((await manager.open(asked)).ask("And now?")).rejects.toMatchObject({
      code: "too_many_requests",
    });
  });
});

function parts(store: Store): Store {
  const { conversations, events, bashEvents, documents, outbox, relay, ownership } = store;
  return {
    conversations,
    events,
    bashEvents,
    documents,
    outbox,
    relay,
    ownership,
    commit: (change) => store.commit(change),
    remove: (id) => store.remove(id),
    close: () => store.close(),
  };
}

describe("budgets as an option", () => {
  it("must be numbers above 0", () => {
    for (const cost of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createServer({ keyless: "loopback", budgets: { conversation: { cost } } })).toThrow(
        "budgets.conversation.cost: must be a number above 0",
      );
    }
  });

  it("of conversations come from the environment, too", () => {
    const { options } = loadConfiguration({
      environment: { OH_CONVERSATION_BUDGET_COST: "2.5", OH_CONVERSATION_BUDGET_STEPS: "100" },
    });
    expect(options.budgets).toEqual({ conversation: { cost: 2.5, steps: 100 } });
  });
});
