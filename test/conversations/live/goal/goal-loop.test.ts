import { call, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../../../src/stores/memory.ts";
import type { Change } from "../../../../src/stores/store.ts";
import { ToolRegistry } from "../../../../src/tools/registry.ts";
import { echoTool, Gate, logOf, send, start, until, waitFor } from "../../open-manager.ts";
import { ended, goalsOf, OBJECTIVE, openGoal, verdict } from "./open-goal.ts";

const DONE = say(verdict(1, true));
const NOT_DONE = say(verdict(0.25, false, "No test was run."));

const statusOf = async (manager: { get(id: string): Promise<{ execution_status: string }> }, id: string) =>
  (await manager.get(id)).execution_status;

describe("a goal", () => {
  it("is reached when the judge says so: it is shown, the agent is told, runs, and is judged", async () => {
    const { manager, agent, judge } = openGoal([say("Hello is there.")], [DONE]);
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE, { maxIterations: 3 });
    expect(await ended(manager, id)).toEqual(["running 0", "complete 1"]);
    const log = await logOf(manager, id);
    expect(log.map(({ kind, key }) => key ?? kind)).toEqual([
      "goal",
      "SystemPromptEvent",
      "MessageEvent",
      "last_user_message_id",
      "execution_status",
      "stats",
      "MessageEvent",
      "execution_status",
      "stats",
      "goal",
    ]);
    expect((await goalsOf(manager, id)).at(-1)).toEqual({
      active: false,
      status: "complete",
      iteration: 1,
      max_iterations: 3,
      objective: OBJECTIVE,
      verdict: { score: 1, complete: true, missing: "" },
    });
    expect(agent.requests[0]?.messages.at(-1)?.content).toMatchObject([{ text: OBJECTIVE }]);
    expect(judge.requests[0]).toMatchObject({ tools: [] });
    expect(judge.requests[0]?.onDelta).toBeUndefined();
  });

  it("goes on with what the judge misses until it is reached", async () => {
    const { manager, agent, judge } = openGoal([say("One."), say("Two.")], [NOT_DONE, DONE]);
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE);
    expect(await ended(manager, id)).toEqual(["running 0", "running 1", "complete 2"]);
    const told = JSON.stringify(agent.requests[1]?.messages.at(-1)?.content);
    expect(told).toContain("The goal is NOT yet complete (audit iteration 1)");
    expect(told).toContain("No test was run.");
    expect(JSON.stringify(judge.requests[1]?.messages)).toMatch(
      /user: .*assistant: One\..*assistant: Two\./s,
    );
    const { stats } = await manager.get(id);
    expect(stats).toMatchObject({ usage_to_metrics: { default: { accumulated_cost: 1.5 } } });
  });

  it("is capped after as many judgements as are allowed, and cannot be resumed then", async () => {
    const { manager } = openGoal([say("One."), say("Two.")], [NOT_DONE, NOT_DONE]);
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.startGoal(OBJECTIVE, { maxIterations: 2 });
    expect(await ended(manager, id)).toEqual(["running 0", "running 1", "capped 2"]);
    await expect(handle.resumeGoal()).rejects.toMatchObject({
      code: "bad_request",
      detail: "no_resumable_goal",
    });
  });

  it("may be begun anew by a reader who sees its end", async () => {
    const { manager } = openGoal([say("One."), say("Two.")], [DONE, DONE]);
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.startGoal(OBJECTIVE);
    for await (const event of manager.follow(id)) {
      if ("key" in event && event.key === "goal" && (event.value as { active: boolean }).active === false)
        break;
    }
    await handle.startGoal(OBJECTIVE);
    expect(await ended(manager, id, 2)).toEqual(["running 0", "complete 1", "running 0", "complete 1"]);
  });

  it("goes to the judge when the agent is stuck", async () => {
    const again = Array.from({ length: 4 }, () => call("echo", { text: "hi" }));
    const { manager } = openGoal(again, [DONE]);
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE);
    expect(await ended(manager, id)).toEqual(["running 0", "complete 1"]);
    expect(await statusOf(manager, id)).toBe("stuck");
  });

  it("waits while calls wait for the user, and goes on with the answer", async () => {
    const { manager, judge } = openGoal(
      [call("echo", { text: "a" }), call("echo", { text: "b" }), say("Done.")],
      [DONE],
    );
    const id = await start(manager, { confirmation_policy: { kind: "AlwaysConfirm" } });
    const handle = await manager.open(id);
    const waits = () => until(async () => (await statusOf(manager, id)) === "waiting_for_confirmation");
    const answers = async () => (await logOf(manager, id)).map(({ kind }) => kind);
    await handle.startGoal(OBJECTIVE);
    await waits();
    await handle.respondToConfirmation({ accept: false });
    await until(async () => (await answers()).filter((kind) => kind === "ActionEvent").length === 2);
    await waits();
    await handle.respondToConfirmation({ accept: true });
    expect(await ended(manager, id)).toEqual(["running 0", "complete 1"]);
    expect(await answers()).toEqual(expect.arrayContaining(["UserRejectObservation", "ObservationEvent"]));
    expect(judge.requests).toHaveLength(1);
  });

  it("is interrupted by a model that fails, with its count unchanged", async () => {
    const { manager } = openGoal([new Error("The model is down.")], []);
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE);
    expect(await ended(manager, id)).toEqual(["running 0", "interrupted 0"]);
    expect(await statusOf(manager, id)).toBe("error");
  });

  it("is interrupted by a judge that fails, and resumed", async () => {
    const { manager } = openGoal(
      [say("One."), say("Two."), say("Three.")],
      [NOT_DONE, new Error("The judge is ill."), DONE],
    );
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.startGoal(OBJECTIVE);
    expect(await ended(manager, id)).toEqual(["running 0", "running 1", "interrupted 1"]);
    await handle.resumeGoal();
    expect((await ended(manager, id, 2)).slice(3)).toEqual(["running 1", "complete 2"]);
  });

  it.each(["pause", "interrupt"] as const)("is interrupted by %s during its run", async (verb) => {
    const gate = new Gate();
    const { manager } = openGoal([call("echo", { text: "a" })], [], {
      tools: new ToolRegistry([echoTool(gate)]),
    });
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.startGoal(OBJECTIVE);
    await gate.reached;
    await handle[verb]();
    gate.open();
    expect(await ended(manager, id)).toEqual(["running 0", "interrupted 0"]);
    expect(await statusOf(manager, id)).toBe("paused");
  });

  it.each(["pause", "interrupt"] as const)("is interrupted by %s while it is judged", async (verb) => {
    const gate = new Gate();
    const { manager } = openGoal([say("One.")], [waitFor(gate)]);
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.startGoal(OBJECTIVE);
    await gate.reached;
    await handle[verb]();
    expect(await ended(manager, id)).toEqual(["running 0", "interrupted 0"]);
  });

  it("is refused for an objective that is none or too long, and without a judge", async () => {
    const { manager } = openGoal([], []);
    const handle = await manager.open(await start(manager));
    await expect(handle.startGoal("  ")).rejects.toMatchObject({
      detail: "Goal objective must not be empty.",
    });
    await expect(handle.startGoal("x".repeat(100_001))).rejects.toMatchObject({ code: "unprocessable" });
    await expect(handle.startGoal(OBJECTIVE, { maxIterations: 0 })).rejects.toMatchObject({
      code: "bad_request",
    });
    const alone = openGoal([], [], { sideCalls: false });
    const other = await alone.manager.open(await start(alone.manager));
    await expect(other.startGoal(OBJECTIVE)).rejects.toMatchObject({
      code: "bad_request",
      detail: "no_judge_llm",
    });
  });

  it("is refused during a run, and one of two that begin at one moment", async () => {
    const gate = new Gate();
    const { manager } = openGoal([waitFor(gate), say("Two.")], [DONE]);
    const id = await start(manager);
    const handle = await manager.open(id);
    const refused = { code: "conflict", detail: "Conversation run or goal loop already running." };
    await send(manager, id, "Go.");
    await gate.reached;
    await expect(handle.startGoal(OBJECTIVE)).rejects.toMatchObject(refused);
    gate.open();
    await until(async () => (await statusOf(manager, id)) === "finished");
    const both = await Promise.allSettled([handle.startGoal(OBJECTIVE), handle.startGoal(OBJECTIVE)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await ended(manager, id)).toEqual(["running 0", "complete 1"]);
  });

  it("has one slot for its whole life, and is refused when there is none", async () => {
    const gate = new Gate();
    const judging = new Gate();
    const { manager } = openGoal([waitFor(gate), say("Two.")], [waitFor(judging, verdict(0, false)), DONE], {
      maxConcurrentRuns: 1,
    });
    const [id, otherId] = [await start(manager), await start(manager)];
    const [handle, other] = [await manager.open(id), await manager.open(otherId)];
    await handle.startGoal(OBJECTIVE);
    await gate.reached;
    await expect(other.startGoal(OBJECTIVE)).rejects.toMatchObject({ code: "too_many_requests" });
    expect(await goalsOf(manager, otherId)).toEqual([]);
    gate.open();
    await judging.reached;
    await expect(send(manager, otherId, "Go.")).rejects.toMatchObject({ code: "too_many_requests" });
    judging.open();
    expect(await ended(manager, id)).toEqual(["running 0", "running 1", "complete 2"]);
    await until(async () => {
      await other.run().catch(() => undefined);
      return (await statusOf(manager, otherId)) !== "idle";
    });
  });

  it("stays in memory while it is judged", async () => {
    const gate = new Gate();
    const { manager } = openGoal([say("One.")], [waitFor(gate, verdict(1, true))], { idleTtlSeconds: 0 });
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE);
    await gate.reached;
    await manager.evictIdle();
    expect(manager.liveCount).toBe(1);
    gate.open();
    expect(await ended(manager, id)).toEqual(["running 0", "complete 1"]);
  });
});

describe("a goal that is stopped", () => {
  it("is interrupted while its run goes on, and resumed where it was", async () => {
    const gate = new Gate();
    const { manager, agent } = openGoal(
      [say("One."), waitFor(gate, "Two."), say("Three.")],
      [NOT_DONE, DONE],
    );
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.startGoal(OBJECTIVE);
    await gate.reached;
    await handle.stopGoal();
    expect(await ended(manager, id)).toEqual(["running 0", "running 1", "interrupted 1"]);
    expect(await statusOf(manager, id)).toBe("running");
    gate.open();
    await until(async () => (await statusOf(manager, id)) === "finished");
    await until(async () => {
      const begun = await handle.resumeGoal().then(
        () => true,
        () => false,
      );
      return begun;
    });
    expect((await ended(manager, id, 2)).slice(3)).toEqual(["running 1", "complete 2"]);
    const told = JSON.stringify(agent.requests[2]?.messages.at(-1)?.content);
    expect(told).toContain("Resuming a goal that was paused or interrupted.");
    expect(told).toContain(OBJECTIVE);
  });

  it("ends once, however the stop and the verdict race", async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const gate = new Gate();
      const { manager } = openGoal([say("One.")], [waitFor(gate, verdict(1, true))]);
      const id = await start(manager);
      const handle = await manager.open(id);
      await handle.startGoal(OBJECTIVE);
      await gate.reached;
      gate.open();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await handle.stopGoal();
      const goals = await goalsOf(manager, id);
      expect(goals.filter(({ active }) => !active)).toHaveLength(1);
      expect(goals.at(-1)?.active).toBe(false);
    }
  });

  it("is no error without a goal", async () => {
    const { manager } = openGoal([], []);
    const id = await start(manager);
    const handle = await manager.open(id);
    await handle.stopGoal();
    await expect(handle.resumeGoal()).rejects.toMatchObject({ detail: "no_resumable_goal" });
    expect(await logOf(manager, id)).toEqual([]);
  });

  it("is interrupted by a message of the user, before that is stored", async () => {
    const gate = new Gate();
    const { manager, judge } = openGoal([waitFor(gate, "One."), say("Two.")], []);
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE);
    await gate.reached;
    await send(manager, id, "Stop that.");
    expect(await ended(manager, id)).toEqual(["running 0", "interrupted 0"]);
    gate.open();
    await until(async () => (await statusOf(manager, id)) === "finished");
    const log = await logOf(manager, id);
    const places = [
      log.findLastIndex(({ key }) => key === "goal"),
      log.findIndex((event) => JSON.stringify(event).includes("Stop that.")),
    ];
    expect(places[0]).toBeLessThan(places[1] ?? -1);
    expect(judge.requests).toEqual([]);
  });

  it("is interrupted when the server closes", async () => {
    const gate = new Gate();
    const store = memoryStore();
    const { manager } = openGoal([say("One.")], [waitFor(gate)], { store });
    const id = await start(manager);
    await (await manager.open(id)).startGoal(OBJECTIVE);
    await gate.reached;
    await manager.close();
    const next = openGoal([], [], { store });
    expect(await ended(next.manager, id)).toEqual(["running 0", "interrupted 0"]);
  });
});

describe("a goal whose server was killed", () => {
  /** A store whose process ends: nothing is written from then on. */
  function mortal() {
    const store = memoryStore();
    let isDead = false;
    const dead = Object.assign(Object.create(store) as typeof store, {
      commit: async (change: Change) => {
        if (isDead) throw new Error("The process is gone.");
        return store.commit(change);
      },
    });
    return { store, dead, kill: () => (isDead = true) };
  }

  it("shows as interrupted at the next start, also between two runs, and can be resumed", async () => {
    const gate = new Gate();
    const { store, dead, kill } = mortal();
    const killed = openGoal([say("One."), say("Two.")], [NOT_DONE, waitFor(gate)], { store: dead });
    const id = await start(killed.manager);
    await (await killed.manager.open(id)).startGoal(OBJECTIVE, { maxIterations: 2 });
    await gate.reached;
    kill();
    expect((await goalsOf(killed.manager, id)).at(-1)?.active).toBe(true);
    await store.ownership.leave((await store.ownership.ownerOf(id))?.node ?? 0);

    const { manager } = openGoal([say("Three.")], [DONE], { store });
    await manager.start();
    expect(await ended(manager, id)).toEqual(["running 0", "running 1", "interrupted 1"]);
    expect((await goalsOf(manager, id)).at(-1)?.verdict).toBeNull();
    await (await manager.open(id)).resumeGoal();
    expect((await ended(manager, id, 2)).slice(3)).toEqual(["running 1", "complete 2"]);
    expect(await store.documents.list("active-goal")).toEqual([]);
  });
});
