import { describe, expect, it } from "vitest";
import { classifyError } from "../../src/agent/error-classification.ts";

describe("an error is classified", () => {
  it.each([
    ["LLMAuthenticationError", "rate limit", "auth"],
    ["LLMRateLimitError", "", "rate_limit"],
    ["MaxIterationsReached", "", "agent_action"],
    ["LLMContextWindowExceedError", "", "agent_action"],
    ["TypeError", "timeout", "internal"],
  ])("%s by its code, whatever it says", (code, detail, kind) => {
    expect(classifyError(code, detail).kind).toBe(kind);
  });

  it.each([
    ["Incorrect API key provided", "auth"],
    ["You need more credits", "quota"],
    ["Rate limit reached", "rate_limit"],
    ["Model not found", "config"],
    ["502 Bad Gateway", "transient"],
  ])("by its words: %s", (detail, kind) => {
    expect(classifyError("LLMServiceUnavailableError", detail).kind).toBe(kind);
  });

  it("by a broad code last, else as unknown", () => {
    expect(classifyError("LLMServiceUnavailableError", "?")).toEqual({
      kind: "transient",
      retryable: true,
      user_action: "retry",
    });
    expect(classifyError("toString", "?").kind).toBe("unknown");
  });
});
