import { describe, expect, it } from "vitest";
import { memoryStore } from "../../../../src/stores/memory.ts";
import type { Change } from "../../../../src/stores/store.ts";
import { call, say } from "../../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../../src/testing/scripted-llm/scripted-llm.ts";
import { createTestServer } from "../../../../src/testing/test-server.ts";
import type { ConfirmationPolicy } from "../../../../src/wire/agent/policies.ts";
import { ArraySession, echo, finish, promptOf, type Script } from "../harness.ts";

const ALWAYS: ConfirmationPolicy = { kind: "AlwaysConfirm" };
const risky = (threshold: "LOW" | "MEDIUM" | "HIGH", confirm_unknown = true): ConfirmationPolicy => ({
  kind: "ConfirmRisky",
  threshold,
  confirm_unknown,
});

function open(script: Script[], state: Partial<ArraySession["state"]>) {
  return ArraySession.open({ script, state });
}

const echoes = (risk?: string) => call("echo", { text: "a", ...(risk ? { security_risk: risk } : {}) });

describe("a run that needs confirmation", () => {
  it("shows the calls and waits; running again runs them", async () => {
    const session = await open([echoes(), say("ok")], { confirmation_policy: ALWAYS });
    await session.run();
    expect(session.log).toEqual(["status running", "call echo", "status waiting_for_confirmation"]);
    await session.run();
    expect(session.log.slice(3)).toEqual([
      "status running",
      "result echo: a",
      "agent: ok",
      "status finished",
    ]);
  });

  it("runs the calls first when a message comes while it waits", async () => {
    const session = await open([echoes(), say("ok")], { confirmation_policy: ALWAYS });
    await session.run();
    await session.say("fine, but hurry");
    await session.run();
    expect(promptOf(session.llm.requests[1]?.messages ?? [])).toEqual([
      "assistant: [echo]",
      "tool: a",
      "user: fine, but hurry",
    ]);
  });

  it("tells the model when the user says no, once it is run again", async () => {
    const session = await open([echoes(), say("what then?")], { confirmation_policy: ALWAYS });
    await session.run();
    await session.confirmation.reject("not that file");
    expect(session.log.slice(3)).toEqual(["status idle", "rejected echo: not that file"]);
    expect(session.events.at(-1)).toMatchObject({ rejection_source: "user" });
    await session.run();
    expect(promptOf(session.llm.requests[1]?.messages ?? []).at(-1)).toBe(
      "tool: Action rejected: not that file",
    );
  });

  it("stores the user's no together with the status: a crash leaves no rejected call to be run", async () => {
    const store = memoryStore();
    const commits: Change[] = [];
    const commit = store.commit.bind(store);
    store.commit = (change) => {
      commits.push(change);
      return commit(change);
    };
    const llm = scriptedLlm([call("think", { thought: "hm" }), call("echo", { text: "a" })]);
    await using server = await createTestServer({ llm, tools: [echo], store });
    const chat = await server.start("Go.", { confirmation_policy: ALWAYS });
    await chat.reject("not that file");
    const kinds = commits.map(({ update, events = [] }) => [update?.status, events.map(({ kind }) => kind)]);
    expect(kinds.at(-1)).toEqual(["idle", ["ConversationStateUpdateEvent", "UserRejectObservation"]]);
  });

  it("has a reason of its own when the user gives none", async () => {
    const session = await open([echoes()], { confirmation_policy: ALWAYS });
    await session.run();
    await session.confirmation.reject();
    expect(session.log.at(-1)).toBe("rejected echo: User rejected the action");
  });

  it.each(["finish", "think"])("lets a lone %s pass", async (name) => {
    const reply = name === "finish" ? finish("done") : call("think", { thought: "hm" });
    const session = await open([reply, say("done")], { confirmation_policy: ALWAYS });
    await session.run();
    expect(session.state.execution_status).toBe("finished");
  });

  it("waits with a finish that has company", async () => {
    const reply = [call("echo", { text: "a" }), call("finish", { message: "done" })];
    const session = await open([reply], { confirmation_policy: ALWAYS });
    await session.run();
    expect(session.state.execution_status).toBe("waiting_for_confirmation");
    await session.run();
    expect(session.state.execution_status).toBe("finished");
  });

  it("waits with all calls of a reply as soon as one is risky", async () => {
    const reply = [
      call("echo", { text: "a", security_risk: "LOW" }),
      call("echo", { text: "b", security_risk: "HIGH" }),
    ];
    const session = await open([reply], {
      confirmation_policy: risky("HIGH"),
      security_analyzer: { kind: "LLMSecurityAnalyzer" },
    });
    await session.run();
    expect(session.log.slice(1)).toEqual([
      "call echo",
      "call echo",
      "risks LOW HIGH",
      "status waiting_for_confirmation",
    ]);
  });
});

describe("ConfirmRisky", () => {
  it.each([
    ["LOW", "HIGH", false],
    ["MEDIUM", "HIGH", false],
    ["HIGH", "HIGH", true],
    ["MEDIUM", "LOW", true],
  ] as const)("with risk %s and threshold %s: %s", async (risk, threshold, waits) => {
    const session = await open([echoes(risk), say("ok")], {
      confirmation_policy: risky(threshold),
      security_analyzer: { kind: "LLMSecurityAnalyzer" },
    });
    await session.run();
    expect(session.state.execution_status).toBe(waits ? "waiting_for_confirmation" : "finished");
  });

  it.each([true, false])("without an analyzer every risk is unknown: confirm_unknown %s", async (confirm) => {
    const session = await open([echoes("LOW"), say("ok")], { confirmation_policy: risky("HIGH", confirm) });
    await session.run();
    expect(session.state.execution_status).toBe(confirm ? "waiting_for_confirmation" : "finished");
  });

  it("takes an analyzer that fails for a high risk", async () => {
    const session = await open([echoes(), say("ok")], {
      confirmation_policy: risky("HIGH", false),
      security_analyzer: { kind: "PatternSecurityAnalyzer", high_patterns: [["(", "broken", "x"]] },
    });
    await session.run();
    expect(session.state.execution_status).toBe("waiting_for_confirmation");
  });
});
