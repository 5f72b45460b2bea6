import { describe, expect, it } from "vitest";
import { analyseRisks } from "../../../../src/agent/loop/confirmation/risk-analysis.ts";
import { maskEvent } from "../../../../src/conversations/live/masking/masked-event.ts";
import { SecretMask } from "../../../../src/secrets/masking/secret-mask.ts";
import { call, say } from "../../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../../src/testing/scripted-llm/scripted-llm.ts";
import { createTestServer } from "../../../../src/testing/test-server.ts";
import type { ConfirmationPolicy, SecurityAnalyzer } from "../../../../src/wire/agent/policies.ts";
import { ArraySession, echo, finish, type Script } from "../harness.ts";

const LLM: SecurityAnalyzer = { kind: "LLMSecurityAnalyzer" };
const NEVER: ConfirmationPolicy = { kind: "NeverConfirm" };
const BROKEN: SecurityAnalyzer = { kind: "PatternSecurityAnalyzer", high_patterns: [["(", "broken", "x"]] };

function open(script: Script[], state: Partial<ArraySession["state"]> = {}) {
  return ArraySession.open({ script, state: { security_analyzer: LLM, ...state } });
}

const echoes = (security_risk: string) => call("echo", { text: "a", security_risk });
const risks = (session: ArraySession) => session.log.filter((line) => line.startsWith("risks"));

describe("the risks of a reply", () => {
  it("stand in the log between the calls and their results, whatever the policy", async () => {
    const session = await open([[echoes("LOW"), echoes("HIGH")], say("ok")], { confirmation_policy: NEVER });
    await session.run();
    expect(session.log).toEqual([
      "status running",
      "call echo",
      "call echo",
      "risks LOW HIGH",
      "result echo: a",
      "result echo: a",
      "agent: ok",
      "status finished",
    ]);
    const [first, second] = session.events.slice(1, 3).map(({ id }) => id);
    expect(session.events[3]).toEqual({
      id: "event-3",
      timestamp: expect.any(String),
      source: "environment",
      parent_id: second,
      analyzer: "LLMSecurityAnalyzer",
      policy: "NeverConfirm",
      risks: { [String(first)]: "LOW", [String(second)]: "HIGH" },
      details: {},
      kind: "SecurityAnalysisEvent",
    });
    // The next events hang on it.
    expect(session.events[4]?.parent_id).toBe("event-3");
  });

  it("are no part of any prompt", async () => {
    const session = await open([echoes("LOW"), say("ok")]);
    await session.run();
    expect(session.llm.requests[1]?.messages.map(({ role }) => role)).toEqual(["assistant", "tool"]);
  });

  it("are written once: calls that were confirmed run without a second look", async () => {
    const session = await open([echoes("HIGH"), say("ok")], {
      confirmation_policy: { kind: "AlwaysConfirm" },
    });
    await session.run();
    expect(session.log.slice(1)).toEqual(["call echo", "risks HIGH", "status waiting_for_confirmation"]);
    await session.run();
    expect(risks(session)).toEqual(["risks HIGH"]);
  });

  it("include calls after a finish and calls that an extension refuses, as in the reference", async () => {
    const session = await ArraySession.open({
      script: [[echoes("HIGH"), finish("done"), echoes("LOW")], say("ok")],
      state: { security_analyzer: LLM },
      extensions: [
        { name: "guard", beforeTool: ({ tool_name }) => (tool_name === "echo" ? { refuse: "no" } : {}) },
      ],
    });
    await session.run();
    expect(risks(session)).toEqual(["risks HIGH UNKNOWN LOW"]);
  });

  it.each([
    ["without an analyzer", [echoes("HIGH"), say("ok")], null],
    ["for a lone finish", [finish("done")], LLM],
    ["for a lone thought", [call("think", { thought: "hm" }), say("ok")], LLM],
    [
      "for a thought beside a call that was not understood",
      [[call("nowhere"), call("think", { thought: "hm" })], say("ok")],
      LLM,
    ],
    ["when no call was understood", [call("nowhere"), say("ok")], LLM],
    ["for words", [say("ok")], LLM],
  ] as [string, Script[], SecurityAnalyzer | null][])(
    "are not written %s",
    async (_case, script, analyzer) => {
      const session = await open(script, { security_analyzer: analyzer });
      await session.run();
      expect(session.state.execution_status).toBe("finished");
      expect(risks(session)).toEqual([]);
    },
  );

  it("are HIGH with the reason when the analyzer cannot be made", async () => {
    const session = await open([echoes("LOW"), say("ok")], { security_analyzer: BROKEN });
    await session.run();
    const event = session.events.find(({ kind }) => kind === "SecurityAnalysisEvent");
    const { id = "" } = session.events.find(({ kind }) => kind === "ActionEvent") ?? {};
    expect(event).toMatchObject({
      analyzer: "PatternSecurityAnalyzer",
      risks: { [id]: "HIGH" },
      details: { [id]: { error: expect.stringContaining("(") } },
    });
  });

  it("are decided on by the policy of that moment, not of the one before", async () => {
    const session = await open([echoes("LOW"), say("ok")], { confirmation_policy: NEVER });
    const update = session.update.bind(session);
    session.update = async (changes, reasons = []) => {
      await update(changes, reasons);
      if (reasons[0]?.kind === "SecurityAnalysisEvent")
        session.state.confirmation_policy = { kind: "AlwaysConfirm" };
    };
    await session.run();
    expect(session.state.execution_status).toBe("waiting_for_confirmation");
  });
});

describe("an analysis", () => {
  it("is given up at an interrupt: its calls are answered, and the log has no risks", async () => {
    const abort = new AbortController();
    const session = await open([echoes("LOW")]);
    let reads = 0;
    Object.defineProperty(session.state, "security_analyzer", {
      get() {
        reads += 1;
        // The second time is when the analyzer is about to be asked.
        if (reads === 2) abort.abort();
        return LLM;
      },
    });
    await session.run({ signal: abort.signal });
    expect(session.log).toEqual([
      "status running",
      "call echo",
      expect.stringMatching(/^error echo: Tool call interrupted/),
      "status paused",
      "InterruptEvent",
    ]);
  });

  it("that is busy is not waited for after an interrupt", async () => {
    const session = await open([echoes("LOW"), say("ok")]);
    await session.run();
    const actions = session.events.filter((event) => event.kind === "ActionEvent");
    const abort = new AbortController();
    const analysis = analyseRisks(actions, {
      config: { kind: "PolicyRailSecurityAnalyzer" },
      host: { ...session.analyzers, view: session.view, signal: abort.signal },
    });
    abort.abort(new Error("interrupted"));
    await expect(analysis).rejects.toThrow("interrupted");
  });

  it("ends with the signal, and asks nothing after that", async () => {
    const abort = new AbortController();
    abort.abort(new Error("interrupted"));
    const session = await open([echoes("LOW")]);
    await session.run();
    const actions = session.events.filter((event) => event.kind === "ActionEvent");
    const analysis = analyseRisks(actions, {
      config: BROKEN,
      host: { ...session.analyzers, view: session.view, signal: abort.signal },
    });
    await expect(analysis).rejects.toThrow("interrupted");
  });
});

describe("a client", () => {
  it("gets the risks over its socket and finds them by either name of their kind", async () => {
    const llm = scriptedLlm([echoes("LOW"), finish("done")]);
    await using server = await createTestServer({ llm, tools: [echo] });
    const chat = await server.start("Go.", { security_analyzer: LLM });
    await chat.expectFinished();
    const [event] = chat.events.filter(({ kind }) => kind === "SecurityAnalysisEvent");
    expect(event).toMatchObject({ analyzer: "LLMSecurityAnalyzer", policy: "NeverConfirm" });
    for (const kind of ["SecurityAnalysisEvent", "openhands.sdk.event.security.SecurityAnalysisEvent"]) {
      const answer = await server.fetch(
        new Request(`http://localhost/api/conversations/${chat.id}/events/search?kind=${kind}`),
      );
      expect(await answer.json()).toMatchObject({ items: [event] });
    }
  });
});

describe("the words of an analyzer", () => {
  it("show no secret", async () => {
    const mask = await SecretMask.prepare(["open-sesame"]);
    const masked = await maskEvent(
      {
        kind: "SecurityAnalysisEvent",
        source: "environment",
        analyzer: "LLMSecurityAnalyzer",
        policy: "NeverConfirm",
        risks: { a: "HIGH" },
        details: { a: { error: "cannot read open-sesame", seen: ["open-sesame"] } },
      },
      mask,
    );
    expect(masked).toMatchObject({
      details: { a: { error: "cannot read <secret-hidden>", seen: ["<secret-hidden>"] } },
    });
  });
});
