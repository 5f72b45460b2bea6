import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { memoryStore } from "agent-server";
import { call, fixedClock, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { MAX_DEPTH } from "../../../src/conversations/sub-agents/workers/drivers.ts";
import { mortalStore } from "../../../src/testing/mortal-store.ts";
import {
  delegatingServer,
  eventsOf,
  MARK,
  promptText,
  subAgentsOf,
  twoModels,
  untilStatus,
} from "./delegating.ts";

/** A store that a server does not close. */
const lasting = () => mortalStore(memoryStore(), Number.POSITIVE_INFINITY).store;

const TASK = call("task", { prompt: `${MARK}: go on and on` });

/** A sub-agent that is in the middle of a command. */
async function busy(options: Parameters<typeof delegatingServer>[0] = {}) {
  const llm = twoModels(
    (turn) => (turn === 0 ? TASK : say("Done.")),
    (turn) =>
      turn === 0 ? call("terminal", { command: "echo > begun; sleep 60; echo > ended" }) : say("Slept."),
  );
  const server = await delegatingServer({ llm, ...options });
  const chat = await server.start("Go.");
  await expect.poll(async () => (await subAgentsOf(server, chat.id)).task_00000001).toBeDefined();
  const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
  await expect
    .poll(async () => (await eventsOf(server, id)).some(({ kind }) => kind === "ActionEvent"), {
      timeout: 10_000,
    })
    .toBe(true);
  return { server, chat, llm, id };
}

describe("a sub-agent that is working", () => {
  it("is ended by an interrupt of its agent, and can be resumed", async () => {
    const { server, chat, id } = await busy();
    await using _ = server;
    await (await server.conversations.open(chat.id)).interrupt();
    await chat.expectStatus("paused");
    await untilStatus(server, id, "paused");
    const kinds = (await eventsOf(server, id)).map(({ kind }) => kind);
    expect(kinds).toContain("InterruptEvent");
  });

  it("pauses with its agent, after the step that it is in", async () => {
    const pausing = Promise.withResolvers<void>();
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      async (turn) => {
        if (turn === 1) await pausing.promise;
        return turn < 5 ? call("think", { thought: `${turn}` }) : say("Thought.");
      },
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await expect
      .poll(() => llm.requests.filter((request) => promptText(request).startsWith(MARK)).length)
      .toBe(2);
    await (await server.conversations.open(chat.id)).pause();
    pausing.resolve();
    await expect
      .poll(async () => JSON.stringify((await eventsOf(server, chat.id)).at(-1)))
      .toContain("(status: paused)");
    await untilStatus(server, chat.id, "paused");
    expect(llm.requests.filter((request) => promptText(request).startsWith(MARK))).toHaveLength(2);
  });

  it("is ended with the server, whose next start shows no run", async () => {
    const store = lasting();
    const { server, chat, id } = await busy({ store, leakCheck: false });
    await server.close();
    const [record, parent] = await Promise.all(
      [id, chat.id].map((one) => store.conversations.find([one], [])),
    );
    expect([record?.[0]?.status, parent?.[0]?.status]).toEqual(["paused", "paused"]);
  });

  it("stops only with its agent: a message to it starts nothing", async () => {
    const { server, chat, id } = await busy();
    await using _ = server;
    const child = await server.conversations.open(id);
    await (await server.conversations.open(chat.id)).interrupt();
    await untilStatus(server, id, "paused");
    await expect(child.run()).rejects.toMatchObject({ code: "conflict" });
    await expect(child.sendMessage("Go on.")).rejects.toMatchObject({ code: "conflict" });
    await expect(child.ask("Well?")).rejects.toMatchObject({ code: "conflict" });
    const response = await server.fetch(
      new Request(`http://localhost/api/conversations/${id}/run`, { method: "POST" }),
    );
    expect(response.status).toBe(409);
  });

  it("may be removed: its agent reads that the task failed", async () => {
    const { server, chat, id } = await busy();
    await using _ = server;
    await server.conversations.delete(id);
    await chat.expectToolError("task");
    await chat.expectFinished("Done.");
  });

  it("is removed with the conversation that it works for", async () => {
    const { server, chat, id } = await busy();
    await using _ = server;
    await server.conversations.delete(chat.id);
    await expect(server.conversations.get(id)).rejects.toMatchObject({ code: "not_found" });
    expect(await server.store.conversations.count({ agentOf: chat.id })).toBe(0);
  });

  it("refuses a second task at the same time", async () => {
    const llm = twoModels(
      (turn) =>
        turn === 0
          ? [call("task", { prompt: `${MARK}: first` })].flat()
          : turn === 1
            ? [
                call("task", { prompt: "one", resume: "task_00000001" }),
                call("task", { prompt: "two", resume: "task_00000001" }),
              ]
            : say("Done."),
      async (turn) => {
        if (turn > 0) await new Promise((done) => setTimeout(done, 100));
        return say("Report.");
      },
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.", { agent: { tool_concurrency_limit: 2 } });
    await chat.expectFinished();
    const results = JSON.stringify(chat.events.filter(({ kind }) => kind === "ObservationEvent"));
    expect(results.match(/is still running/g)).toHaveLength(1);
  });
});

describe("a sub-agent that has ended", () => {
  it("leaves memory with its shell, and is loaded again when its task is resumed", async () => {
    const llm = twoModels(
      (turn) =>
        [TASK, call("task", { prompt: "Again.", resume: "task_00000001" }), say("Done.")][turn] ?? say(""),
      (turn) => (turn % 2 === 0 ? call("terminal", { command: `echo $$ > pid${turn}` }) : say("Noted.")),
    );
    await using server = await delegatingServer({ llm, patience: 30_000 });
    const chat = await server.start("Go.");
    await chat.expectFinished("Done.");
    const pids = await Promise.all(
      [0, 2].map(async (turn) => Number(await readFile(join(server.workingDir, `pid${turn}`), "utf8"))),
    );
    expect(new Set(pids).size).toBe(2);
    for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("tasks over restarts", () => {
  it("are resumed by a new server, whose sub-agent knows what it did before", async () => {
    const store = lasting();
    const clock = fixedClock();
    const llm = twoModels(
      (turn) =>
        [
          TASK,
          say("First done."),
          call("task", { prompt: "And now?", resume: "task_00000001" }),
          say("Done."),
        ][turn] ?? say(""),
      (turn) => say(`Report ${turn}.`),
    );
    const options = { llm, store, clock, leakCheck: false };
    const first = await delegatingServer(options);
    const { id } = await first.start("Go.").then(async (chat) => {
      await chat.expectFinished("First done.");
      return chat;
    });
    await first.close();
    await using second = await delegatingServer(options);
    const chat = await second.resume(id);
    await chat.send("Go on.");
    await chat.expectFinished("Done.");
    const resumed = llm.requests.findLast((request) => promptText(request).startsWith(MARK));
    expect(resumed && promptText(resumed)).toBe(`${MARK}: go on and on\nReport 0.\nAnd now?`);
    const { usage_to_metrics: figures = {} } = (await second.conversations.get(id)).stats;
    expect(figures["task:task_00000001"]?.accumulated_token_usage?.prompt_tokens).toBe(200);
    expect(Object.keys(figures)).not.toContain("task:task_00000002");
  });

  it("have numbers that go on, and that no fork gives again", async () => {
    const llm = twoModels(
      (turn) => [TASK, say("One."), TASK, say("Two.")][turn] ?? say(""),
      () => say("Report."),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await chat.expectFinished("One.");
    const { conversation } = await server.conversations.fork(chat.id, { resetMetrics: false });
    expect((await server.conversations.get(conversation.id)).agent_state).not.toHaveProperty("sub_agents");
    await conversation.sendMessage("Again.");
    await untilStatus(server, conversation.id, "finished");
    expect(Object.keys(await subAgentsOf(server, conversation.id))).toEqual(["task_00000002"]);
    await server.conversations.delete(conversation.id);
    expect(Object.keys(await subAgentsOf(server, chat.id))).toEqual(["task_00000001"]);
  });
});

describe("a question of a sub-agent that a restart cuts short", () => {
  it("is not open any more: the call has an error, and the task can be resumed", async () => {
    const store = memoryStore();
    const clock = fixedClock();
    const llm = twoModels(
      (turn) =>
        [TASK, call("task", { prompt: "Leave it.", resume: "task_00000001" }), say("Done.")][turn] ?? say(""),
      (turn) => (turn === 0 ? call("terminal", { command: "echo > done" }) : say("Left.")),
    );
    const agent_definitions = [
      { name: "general-purpose", tools: ["terminal"], permission_mode: "always_confirm" },
    ];
    const dying = mortalStore(store, Number.POSITIVE_INFINITY).store;
    let isDead = false;
    const commit: typeof dying.commit = async (change) => {
      if (isDead) throw new Error("the server was killed");
      await dying.commit(change);
    };
    const first = await delegatingServer({
      llm,
      clock,
      leakCheck: false,
      store: { ...dying, commit },
    });
    const { id } = await first.start("Go.", { agent_definitions }).then(async (chat) => {
      await chat.expectWaiting();
      return chat;
    });
    isDead = true;
    await first.close().catch(() => {});

    await using second = await delegatingServer({ llm, clock, store, leakCheck: false });
    await untilStatus(second, id, "error");
    expect((await second.conversations.get(id)).agent_state).not.toHaveProperty("sub_agent_confirmation");
    const chat = await second.resume(id);
    await chat.expectToolError("task", "was working");
    await chat.send("Go on.");
    await chat.expectObservation("task", "Left.");
    await chat.expectFinished("Done.");
  });
});

describe("sub-agents of sub-agents", () => {
  it("end at a depth", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? call("task", { prompt: MARK, subagent_type: "chief" }) : say("Done.")),
      (turn, request) =>
        turn === 0
          ? call("task", { prompt: MARK, subagent_type: "chief" })
          : say(promptText(request).slice(-200)),
    );
    await using server = await delegatingServer({ llm, patience: 20_000 });
    const agent_definitions = [{ name: "chief", tools: ["task_tool_set"] }];
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectObservation("task", `at most ${MAX_DEPTH} levels deep`);
    await chat.expectFinished();
    expect(llm.requests.filter((request) => promptText(request).startsWith(MARK))).toHaveLength(
      2 * MAX_DEPTH,
    );
  });

  it("count in the figures of all above them", async () => {
    const llm = twoModels(
      (turn, request) => {
        if (promptText(request).startsWith("Innermost")) return say("Deep.");
        return turn === 0 ? call("task", { prompt: MARK, subagent_type: "chief" }) : say("Done.");
      },
      (turn) => (turn === 0 ? call("task", { prompt: "Innermost" }) : say("Asked.")),
      1,
    );
    await using server = await delegatingServer({ llm });
    const agent_definitions = [{ name: "chief", tools: ["task_tool_set"] }];
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectFinished();
    await chat.expectCost(5);
  });
});

describe("the budget of a conversation", () => {
  const endless = (cost: number) =>
    twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      (turn) => call("think", { thought: `${turn}` }),
      cost,
    );

  it("stops a sub-agent that uses it up, and then its agent", async () => {
    await using server = await delegatingServer({ llm: endless(1), budgets: { conversation: { cost: 4 } } });
    const chat = await server.start("Go.");
    await chat.expectToolError("task", "This conversation has used $4.00 of $4.00.");
    await chat.expectStatus("paused");
    await chat.expectCost(4);
  });

  it("counts the steps of sub-agents", async () => {
    await using server = await delegatingServer({ llm: endless(0), budgets: { conversation: { steps: 5 } } });
    const chat = await server.start("Go.");
    await chat.expectToolError("task", "used 5 steps of 5 steps");
    await chat.expectStatus("paused");
  });

  it("is that of a principal, too, of whom each sub-agent counts once", async () => {
    await using server = await delegatingServer({
      llm: endless(1),
      budgets: { principal: { cost: 3 } },
      authenticate: () => ({ id: "ada" }),
      keyless: undefined,
    } as never);
    const { conversation } = await server.conversations.create(
      {
        agent: { llm: { model: "scripted" }, tools: [{ name: "task_tool_set" }] },
        workspace: { working_dir: server.workingDir },
        autotitle: false,
      },
      { createdBy: "ada" },
    );
    await conversation.sendMessage("Go.");
    await untilStatus(server, conversation.id, "paused");
    const { usage_to_metrics: figures = {} } = (await server.conversations.get(conversation.id)).stats;
    const cost = Object.values(figures).reduce((sum, { accumulated_cost = 0 }) => sum + accumulated_cost, 0);
    expect(cost).toBe(3);
  });

  it("may be smaller for a sub-agent, by its definition", async () => {
    await using server = await delegatingServer({ llm: endless(0.5) });
    const agent_definitions = [{ name: "general-purpose", max_budget_per_run: 1 }];
    const chat = await server.start("Go.", { agent_definitions });
    await chat.expectToolError(
      "task",
      "Agent reached maximum budget limit ($1.0000); accumulated cost $1.0000.",
    );
    await chat.expectFinished("Done.");
  });
});

describe("an export of a conversation", () => {
  it("has its sub-agents in the folder where the reference has them", async () => {
    const llm = twoModels(
      (turn) => (turn === 0 ? TASK : say("Done.")),
      () => say("Report."),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    const { task_00000001: id = "" } = await subAgentsOf(server, chat.id);
    const names: string[] = [];
    for await (const { name } of server.conversations.trajectory(chat.id)) names.push(name);
    const folder = `${chat.id.replaceAll("-", "")}/subagents/${id.replaceAll("-", "")}`;
    expect(names).toContain(`${folder}/meta.json`);
    expect(names.filter((name) => name.startsWith(`${folder}/events/event-`)).length).toBeGreaterThan(2);
  });
});
