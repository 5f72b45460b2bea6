import { describe, expect, it } from "vitest";
import { startDefaults } from "../../../src/settings/server-settings/start-defaults.ts";
import { startConversationRequest } from "../../../src/wire/conversation-request.ts";
import { storedSettings } from "../../../src/wire/settings/stored-settings.ts";

function defaultsOf(conversation_settings: object) {
  return startDefaults(storedSettings.parse({ conversation_settings }));
}

describe("what settings say about a new conversation", () => {
  it.each([
    [{}, "NeverConfirm", "LLMSecurityAnalyzer"],
    [{ confirmation_mode: true }, "ConfirmRisky", "LLMSecurityAnalyzer"],
    [{ confirmation_mode: true, security_analyzer: "none" }, "AlwaysConfirm", undefined],
    [{ confirmation_mode: true, security_analyzer: null }, "AlwaysConfirm", undefined],
    [{ security_analyzer: null }, "NeverConfirm", undefined],
  ])("%j: asks by %s and rates by %s", (settings, policy, analyzer) => {
    const defaults = defaultsOf({ max_iterations: 7, ...settings });
    expect(defaults.confirmation_policy?.kind).toBe(policy);
    expect(defaults.security_analyzer).toEqual(analyzer === undefined ? null : { kind: analyzer });
    expect(defaults.max_iterations).toBe(7);
  });

  it("is a start request, with a workspace", () => {
    const request = startConversationRequest.parse({
      workspace: { working_dir: "/w" },
      ...defaultsOf({ confirmation_mode: true }),
    });
    expect(request).toMatchObject({
      agent_settings: { agent_kind: "openhands", llm: { model: "gpt-5.6" } },
      confirmation_policy: { kind: "ConfirmRisky", threshold: "HIGH" },
    });
  });
});
