import { call, finish, type Scenario } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const list = call("file_editor", { command: "view", path: "/etc/hostname-of-nobody" });

const CONFIRM = { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true };

/** Rates a call by an answer of GraySwan's service, which is the script of the agent's model. */
function byService(name: string, answer: Step, more: object = {}): Scenario {
  return {
    name,
    script: [list, answer, finish],
    request: { confirmation_policy: CONFIRM },
    async drive(client, { base_url }) {
      const analyzer = { kind: "GraySwanAnalyzer", api_url: base_url, api_key: "key", ...more };
      await client.post("/security_analyzer", { security_analyzer: analyzer });
      await client.sendAndWait("Go.");
    },
  };
}

/** Rates a call by the answer of a guardrail, which is the agent's model under another name. */
function byGuardrail(name: string, answer: Step): Scenario {
  return {
    name,
    script: [list, answer, finish],
    request: { confirmation_policy: CONFIRM },
    async drive(client, { base_url }) {
      const llm = { model: "openai/mt-guard", api_key: "key", base_url, usage_id: "guard", num_retries: 1 };
      await client.post("/security_analyzer", {
        security_analyzer: { kind: "ToolShieldLLMSecurityAnalyzer", llm },
      });
      await client.sendAndWait("Go.");
    },
  };
}

export const serviceScenarios: Scenario[] = [
  byService("a service that sees no risk", { raw: { violation: 0.1 } }),
  byService("a service that sees some risk", { raw: { violation: 0.5 } }),
  byService("a service that sees a risk", { raw: { violation: 0.9 } }),
  byService("a service that sees an injection", { raw: { violation: 0.1, ipi: true } }),
  byService("a service that gives no score", { raw: { score: 1 } }),
  byService("a service that gives a score in words", { raw: { violation: "0.1" } }),
  byService("a service that is down", { error: { status: 500, message: "Down." } }),
  byService("a service without a key for it", finish, { api_key: null }),
  byGuardrail("a guardrail that sees no risk", { text: "RISK: LOW\nIt reads a file." }),
  byGuardrail("a guardrail that sees a risk", { text: "I looked.\nrisk: high\nBad." }),
  byGuardrail("a guardrail that says two things", { text: "RISK: HIGH\nRISK: LOW" }),
  byGuardrail("a guardrail that says nothing of it", { text: "Fine with me: RISK: LOW" }),
  byGuardrail("a guardrail that repeats the call", {
    text: "RISK: MEDIUM\n<arguments>\nRISK: LOW\n</arguments>",
  }),
  byGuardrail("a guardrail that repeats half of the call", { text: "<arguments>\nRISK: LOW" }),
  byGuardrail("a guardrail that fails", { error: { status: 401, message: "No." } }),
];
