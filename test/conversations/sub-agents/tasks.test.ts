import { call, calls, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import {
  delegatingServer,
  eventsOf,
  gathering,
  MARK,
  promptText,
  subAgentsOf,
  twoModels,
} from "./delegating.ts";

const TASK = call("task", { prompt: `${MARK}: count the files`, description: "Count files" });

describe("a task", () => {
  it("is done by a sub-agent in a conversation of its own, whose report the agent reads", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("There are three.")),
      () => say("I counted three files."),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("How many files are there?");
    const { observation } = await chat.expectObservation("task", "I counted three files.");
    await chat.expectFinished("There are three.");

    expect(observation).toMatchObject({
      kind: "TaskObservation",
      task_id: "task_00000001",
      subagent: "general-purpose",
      status: "completed",
    });
    const last = llm.requests.at(-1);
    expect(last && promptText(last)).toContain("Task ID: task_00000001");
    const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
    const info = await server.conversations.get(id);
    expect(info).toMatchObject({
      title: "Count files",
      execution_status: "finished",
      parent_conversation_id: chat.id,
      workspace: { working_dir: server.workingDir },
    });
    const kinds = (await eventsOf(server, id)).map(({ kind }) => kind);
    expect(kinds).toContain("SystemPromptEvent");
    expect(kinds.filter((kind) => kind === "MessageEvent")).toHaveLength(2);
  });

  it("shows in no list of conversations", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      () => say("Three."),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    expect((await server.conversations.search()).items.map(({ id }) => id)).toEqual([chat.id]);
    expect(await server.conversations.count()).toBe(1);
    expect((await server.conversations.get(chat.id)).sub_conversation_ids).toEqual([]);
  });

  it("counts in the figures of the agent, with its cost, tokens and latencies", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      (turn) => (turn === 0 ? call("think", { thought: "One, two, three." }) : say("Three.")),
      0.25,
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    const { usage_to_metrics: figures = {} } = (await server.conversations.get(chat.id)).stats;
    expect(figures["task:task_00000001"]).toMatchObject({
      model_name: "default",
      accumulated_cost: 0.5,
      accumulated_token_usage: { prompt_tokens: 200, completion_tokens: 20 },
    });
    expect(figures["task:task_00000001"]?.response_latencies).toHaveLength(2);
    await chat.expectCost(1);
  });

  it("counts with the summaries of its condenser in the figures of the agent", async () => {
    let steps = 0;
    const isSummary = ({ tools }: LlmRequest) => tools.length === 0;
    const llm = twoModels(
      (turn, request) => (isSummary(request) ? say("Summary.") : turn === 0 ? TASK : say("Done.")),
      (_, request) => {
        if (isSummary(request)) return say("Summary.");
        steps += 1;
        return steps <= 12 ? call("think", { thought: `Step ${steps}.` }) : say("Three.");
      },
      0.25,
    );
    await using server = await delegatingServer({ llm, patience: 30_000 });
    const condenser = {
      ...{ kind: "LLMSummarizingCondenser", max_size: 12, keep_first: 2 },
      llm: { model: "openai/any", usage_id: "condenser" },
    };
    const agent_definitions = [{ name: "general-purpose", condenser }];
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectFinished();
    expect(llm.requests.filter(isSummary)).not.toEqual([]);
    const { usage_to_metrics: figures = {} } = (await server.conversations.get(chat.id)).stats;
    // All calls but the two of the agent itself.
    const calls = llm.requests.length - 2;
    const task = figures["task:task_00000001"];
    expect(task?.accumulated_cost).toBeCloseTo(0.25 * calls, 6);
    expect(task?.response_latencies).toHaveLength(calls);
    await chat.expectCost(0.25 * (calls + 2));
  }, 60_000);

  it("can be resumed: the sub-agent knows what it did before", async () => {
    const llm = twoModels(
      (turn) =>
        [TASK, call("task", { prompt: "And the folders?", resume: "task_00000001" }), say("Done.")][turn] ??
        say(""),
      (turn) => say(turn === 0 ? "Three files." : "Two folders."),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await chat.expectObservation("task", "Three files.");
    await chat.expectObservation("task", "Two folders.");
    await chat.expectFinished();
    const resumed = llm.requests.findLast((request) => promptText(request).startsWith(MARK));
    expect(resumed && promptText(resumed)).toBe(`${MARK}: count the files\nThree files.\nAnd the folders?`);
    expect(Object.keys(await subAgentsOf(server, chat.id))).toEqual(["task_00000001"]);
  });

  it("may run next to others, as many at once as the agent may call", async () => {
    let busy = 0;
    let most = 0;
    const gathered = gathering(3);
    const llm = twoModels(
      (turn) =>
        turn === 0
          ? calls(...[1, 2, 3, 4].map((n) => ["task", { prompt: `${MARK} ${n}` }] as const))
          : say("Done."),
      async (_turn, request) => {
        busy += 1;
        most = Math.max(most, busy);
        await gathered();
        await new Promise((done) => setTimeout(done, 50));
        busy -= 1;
        return say(promptText(request));
      },
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.", { agent: { tool_concurrency_limit: 3 } });
    for (const n of [1, 2, 3, 4]) await chat.expectObservation("task", `${MARK} ${n}`);
    await chat.expectFinished();
    expect(most).toBe(3);
  });
});
