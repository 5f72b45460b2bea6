import type { LlmRequest } from "agent-server";
import { call, fail, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { askOracleTool } from "../../../../src/tools/ask-oracle/ask-oracle-tool.ts";
import { callContext, toolHost } from "../../../tools/tool-host.ts";
import { modelAndCosts, observations, sayer, start, talk, withModels, wordsOf } from "./with-models.ts";

const ORACLE = { tools: [{ name: "ask_oracle" }] };

const question = call("ask_oracle", { question: "Rebase or merge?", context: "Both work." });

/** Lets an agent ask once; resolves with the result. */
async function askOnce(models: Parameters<typeof withModels>[0], more: object = {}) {
  const first = scriptedLlm([question, say("Done.")]);
  const server = await withModels({ first, ...models }, more);
  const id = await start(server, ORACLE);
  const [observation] = observations(await talk(server.ask, id));
  return { ...server, id, observation, words: observation.content[0].text as string };
}

describe("an agent that asks the Oracle", () => {
  it("gets the words of the model of the profile oracle, and keeps its own", async () => {
    const oracle = scriptedLlm([[say("Rebase, it is linear."), usage({ prompt_tokens: 3 }, { cost: 4 })]]);
    const { ask, id, observation } = await askOnce({ oracle });
    expect(observation).toEqual({
      kind: "AskOracleObservation",
      is_error: false,
      content: [expect.objectContaining({ text: "Rebase, it is linear." })],
    });
    expect(await modelAndCosts(ask, id)).toEqual({
      model: "openai/first",
      costs: { default: 0, "oracle:oracle": 4 },
    });
  });

  it("shows it the question and the context alone, without history and tools", async () => {
    const oracle = sayer("Rebase.");
    await askOnce({ oracle });
    const [request] = oracle.requests;
    expect(request?.tools).toEqual([]);
    const [instruction, asked, ...more] = wordsOf(request as LlmRequest);
    expect(instruction).toMatch(/^system: You are the Oracle/);
    expect(asked).toContain("Rebase or merge?");
    expect(asked).toContain("Both work.");
    expect(more).toEqual([]);
  });

  it("is told that there is none where no such profile is saved", async () => {
    const { observation, words } = await askOnce({});
    expect(observation.is_error).toBe(true);
    expect(words).toBe("There is no Oracle to ask: no LLM profile 'oracle' is saved on this server.");
  });

  it("is told when the model fails or says nothing, and goes on", async () => {
    const failing = await askOnce({ oracle: scriptedLlm([fail("authentication")]) });
    expect(failing.observation.is_error).toBe(true);
    expect(failing.words).toMatch(/^The Oracle has not answered: /);
    const silent = await askOnce({ oracle: sayer("  ") });
    expect(silent.words).toBe("The Oracle has answered without words.");
  });

  it("is told of an answer that goes on without end, and gets its beginning", async () => {
    const { words } = await askOnce({ oracle: sayer("x".repeat(3_000_000)) });
    expect(words.length).toBeLessThan(51_000);
    expect(words).toContain("2950000 more characters");
  });

  it("reads no secret of the conversation in the answer", async () => {
    const first = scriptedLlm([question, say("Done.")]);
    const server = await withModels({ first, oracle: sayer("Use hunter-42-hunter for it.") });
    const secrets = { DOOR: { kind: "StaticSecret", value: "hunter-42-hunter" } };
    const [observation] = observations(await talk(server.ask, await start(server, ORACLE, { secrets })));
    expect(observation.content[0].text).toBe("Use <secret-hidden> for it.");
  });

  it("does not ask beyond a final budget", async () => {
    const first = scriptedLlm([[question, usage({ prompt_tokens: 1 }, { cost: 5 })], say("Done.")]);
    const oracle = sayer("Rebase.");
    const budgets = { conversation: { cost: 4, final: true } };
    const server = await withModels({ first, oracle }, { budgets });
    const [observation] = observations(await talk(server.ask, await start(server, ORACLE)));
    expect(observation.is_error).toBe(true);
    expect(oracle.requests).toEqual([]);
  });

  it("waits no longer than its patience, also for a model that hears no abort", async () => {
    const deaf = { complete: () => new Promise<never>(() => {}) };
    const models = {
      listed: [],
      list: async () => [],
      open: async () => ({ llm: deaf, model: "m", baseUrl: null }),
      switchTo: async () => "m",
      rules: async () => null,
    };
    const host = await toolHost({ models });
    const tool = await askOracleTool({ timeout: 20 }).open(host);
    const observation = await tool.run({ question: "Now?", context: null }, callContext());
    expect(observation).toMatchObject({
      is_error: true,
      content: [{ text: "The Oracle has not answered: no answer within 0.02 seconds" }],
    });
  });

  it("stops at an interrupt", async () => {
    const deaf = { complete: () => new Promise<never>(() => {}) };
    const host = await toolHost({
      models: {
        listed: [],
        list: async () => [],
        open: async () => ({ llm: deaf, model: "m", baseUrl: null }),
        switchTo: async () => "m",
        rules: async () => null,
      },
    });
    const tool = await askOracleTool().open(host);
    const stop = new AbortController();
    const running = tool.run({ question: "Now?", context: null }, callContext(stop.signal));
    stop.abort(new Error("interrupted"));
    await expect(running).rejects.toThrow("interrupted");
  });
});
