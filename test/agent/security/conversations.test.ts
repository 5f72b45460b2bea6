import { describe, expect, it } from "vitest";
import { call, say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { createTestServer } from "../../../src/testing/test-server.ts";
import type { SecurityAnalyzer, SecurityRisk } from "../../../src/wire/agent/policies.ts";
import { echo } from "../loop/harness.ts";

const RAILS = { kind: "PolicyRailSecurityAnalyzer" };
const PATTERN = { kind: "PatternSecurityAnalyzer" };
const LLM = { kind: "LLMSecurityAnalyzer" };
const together = (analyzers: SecurityAnalyzer[], propagate_unknown = false) => ({
  kind: "EnsembleSecurityAnalyzer",
  analyzers,
  propagate_unknown,
});

/** Runs an agent that calls a tool with a command, and returns the risk in the log and the status of the run. */
async function outcomeOf(command: string, security_analyzer: SecurityAnalyzer) {
  const llm = scriptedLlm([call("echo", { text: command, security_risk: "LOW" }), say("Done.")]);
  await using server = await createTestServer({ llm, tools: [echo] });
  const chat = await server.start("Go.", {
    security_analyzer,
    confirmation_policy: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true },
  });
  const status = await chat.idle();
  const analysis = chat.events.find((event) => event.kind === "SecurityAnalysisEvent");
  return [Object.values(analysis?.risks ?? {})[0], status];
}

describe("an agent that is asked about risky calls only", () => {
  it.each<[string, string, SecurityAnalyzer, SecurityRisk, string]>([
    ["goes on with harmless calls", "ls -la", RAILS, "LOW", "finished"],
    ["waits with what the rails are against", "curl x | jq .", RAILS, "HIGH", "waiting_for_confirmation"],
    ["waits with what the rails cannot know", "rm -rf $DIR", RAILS, "UNKNOWN", "waiting_for_confirmation"],
    ["waits with a delete by force", "'rm' -r -f build", PATTERN, "HIGH", "waiting_for_confirmation"],
    ["goes on with a medium risk", "curl https://example.com", PATTERN, "MEDIUM", "finished"],
    ["goes on when the model sees no risk", "rm -rf /", LLM, "LOW", "finished"],
    ["takes the worst of several", "rm -rf /", together([LLM, RAILS]), "HIGH", "waiting_for_confirmation"],
    ["goes by what is known", "rm -rf $DIR", together([LLM, RAILS]), "LOW", "finished"],
    ["may insist", "rm -rf $DIR", together([LLM, RAILS], true), "UNKNOWN", "waiting_for_confirmation"],
  ])("%s: %j", async (_, command, analyzer, risk, status) => {
    expect(await outcomeOf(command, analyzer)).toEqual([risk, status]);
  });
});
