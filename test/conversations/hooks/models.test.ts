import type { LlmRequest } from "agent-server";
import { call, isSideCall, say, usage } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { inWords } from "../../agent/loop/harness.ts";
import { hooks, openHooked, recordsIn } from "./hooked.ts";

const CALL = call("echo", { text: "a" });
const PROMPT = { type: "prompt", name: "judge", prompt: "Refuse what deletes files." };
const AGENT = {
  type: "agent",
  name: "judge",
  system_prompt: "You are a judge.",
  tools: ["echo"],
  timeout: 5,
};

const verdict = (decision: string, reason: string) => JSON.stringify({ decision, reason });
const isHookAgent = ({ messages }: LlmRequest) => JSON.stringify(messages[0]).includes("You are a judge.");

/** Plays one call under a hook that a model answers. */
async function judged(hook: object, rules: NonNullable<Parameters<typeof openHooked>[2]>["rules"]) {
  const { server, chat, llm } = await openHooked([CALL, say("Done.")], hooks({ pre_tool_use: { ...hook } }), {
    rules,
    conversation: { tags: {} },
  });
  await using _ = server;
  await chat.send("Go.");
  await chat.expectFinished("Done.");
  const result = chat.events.map(inWords).find((line) => /^(result|rejected)/.test(line));
  const { stats } = await server.conversations.get(chat.id);
  return { result, record: recordsIn(chat.events)[0], llm, stats, chat };
}

/** The model answers a question with these words. */
const answers = (words: string) => [{ when: isSideCall, step: say(words) }];

describe("a question to the model", () => {
  it("refuses the call when the model denies, with its reason", async () => {
    const { result, record } = await judged(PROMPT, answers(verdict("deny", "it deletes files")));
    expect(result).toBe("rejected echo: it deletes files");
    expect(record).toMatchObject({
      hook_command: "prompt-hook:judge",
      success: true,
      blocked: true,
      exit_code: 0,
      reason: "it deletes files",
    });
  });

  it("lets the call run when the model allows, also with words around its answer", async () => {
    const { result } = await judged(
      PROMPT,
      answers(`Sure:\n\`\`\`json\n${verdict("Allow", "fine")}\n\`\`\``),
    );
    expect(result).toBe("result echo: a");
  });

  it("decides nothing with any other answer, and its record says so", async () => {
    for (const words of ["no idea", "{}", '{"decision": 1}', "{{{", '{"decision": "maybe"}', "[]"]) {
      const { result, record } = await judged(PROMPT, answers(words));
      expect(result).toBe("result echo: a");
      expect(record).toMatchObject({
        success: false,
        blocked: false,
        error: expect.stringMatching(/No decision/),
      });
    }
  });

  it("decides nothing when the model fails or does not answer in time", async () => {
    const failing = [{ when: isSideCall, step: new Error("no model") }];
    expect((await judged(PROMPT, failing)).record?.error).toContain("no model");
    const silent = [{ when: isSideCall, step: () => new Promise<never>(() => {}) }];
    expect((await judged({ ...PROMPT, timeout: 1 }, silent)).record?.error).toContain(
      "no answer within 1 seconds",
    );
  });

  it("has the rule as instructions and the event as data, and costs under its own name", async () => {
    const rules = [
      {
        when: isSideCall,
        step: [say(verdict("allow", "")), usage({ prompt_tokens: 7, completion_tokens: 2 }, { cost: 0.5 })],
      },
    ];
    const { llm, stats } = await judged(PROMPT, rules);
    const question = llm.requests.find(isSideCall);
    expect(JSON.stringify(question?.messages[0])).toContain("Refuse what deletes files.");
    expect(JSON.stringify(question?.messages[1])).toContain("PreToolUse");
    expect(JSON.stringify(question?.messages[0])).not.toContain("PreToolUse");
    expect(stats.usage_to_metrics?.["prompt-hook:judge"]).toMatchObject({
      accumulated_cost: 0.5,
      accumulated_token_usage: { prompt_tokens: 7 },
    });
    expect(stats.usage_to_metrics?.default).toMatchObject({
      accumulated_token_usage: { prompt_tokens: 200 },
    });
  });
});

describe("an agent that decides", () => {
  it("works with its tools, and its last words are the verdict", async () => {
    const steps = [
      call("echo", { text: "seen-by-the-judge" }),
      call("finish", { message: verdict("deny", "seen") }),
    ];
    const rules = [
      {
        when: isHookAgent,
        step: ({ messages }: LlmRequest) =>
          steps[messages.filter(({ role }) => role === "assistant").length] ?? say("?"),
      },
    ];
    const { result, record, llm, stats, chat } = await judged(AGENT, rules);
    expect(result).toBe("rejected echo: seen");
    expect(record).toMatchObject({ hook_command: "agent-hook:judge", success: true, blocked: true });
    expect(llm.requests.filter(isHookAgent)[0]?.tools.map(({ name }) => name)).toEqual(["echo", "finish"]);
    expect(stats.usage_to_metrics?.["agent-hook:judge"]).toMatchObject({
      accumulated_token_usage: { prompt_tokens: 200 },
    });
    const own = llm.requests.filter((request) => !isHookAgent(request));
    expect(JSON.stringify(own)).not.toContain("seen-by-the-judge");
    expect(JSON.stringify(chat.events)).not.toContain("seen-by-the-judge");
  });

  it("decides nothing when it comes to no end, and is cut off at its limits", async () => {
    const restless = [{ when: isHookAgent, step: call("echo", { text: "again" }) }];
    const { result, record, llm } = await judged({ ...AGENT, max_iterations: 2 }, restless);
    expect(result).toBe("result echo: a");
    expect(record).toMatchObject({ success: false, error: expect.stringContaining("maximum iterations") });
    expect(llm.requests.filter(isHookAgent)).toHaveLength(2);
    const silent = [{ when: isHookAgent, step: () => new Promise<never>(() => {}) }];
    const slow = await judged({ ...AGENT, timeout: 1, max_iterations: 1 }, silent);
    expect(slow.record?.error).toContain("no answer within 1 seconds");
  });

  it("decides nothing when it asks for a tool that there is not", async () => {
    const { result, record } = await judged({ ...AGENT, tools: ["nope"] }, []);
    expect(result).toBe("result echo: a");
    expect(record?.error).toContain("nope");
  });
});
