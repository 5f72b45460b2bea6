import { describe, expect, it } from "vitest";
import { classifyError, errorEvent } from "../../src/agent/error-classification.ts";
import { LlmError } from "../../src/llm/llm-error.ts";

describe("an error is classified", () => {
  it.each([
    ["LLMAuthenticationError", "rate limit", "auth"],
    ["LLMRateLimitError", "", "rate_limit"],
    ["MaxIterationsReached", "", "agent_action"],
    ["LLMContextWindowExceedError", "", "agent_action"],
    ["TypeError", "timeout", "internal"],
    ["ACPAuthRequired", "timeout", "auth"],
    ["ACPPromptError", "timeout", "config"],
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
    expect(classifyError("BadGatewayError", "?").kind).toBe("transient");
    expect(classifyError("HTTPStatusError", "PowerShell is not available").kind).toBe("config");
    expect(classifyError("toString", "?").kind).toBe("unknown");
  });
});

describe("the event of an error", () => {
  it("does not quote a provider that rejects a key", () => {
    const rejected = new LlmError("LLMAuthenticationError", "Incorrect API key provided: sk-1", {
      status: 401,
    });
    expect(errorEvent(rejected)).toMatchObject({
      code: "LLMAuthenticationError",
      detail: "Your LLM API key appears to be invalid or has expired.",
      classification: { kind: "auth", user_action: "settings" },
    });
  });

  it("quotes a provider that forbids something: it need not be about the key", () => {
    const forbidden = new LlmError("LLMAuthenticationError", "no access to this model", { status: 403 });
    expect(errorEvent(forbidden).detail).toBe("no access to this model");
  });

  it("says what to do about a key that is missing", () => {
    const missing = new LlmError("LLMAuthenticationError", "api_key is missing: set OPENAI_API_KEY");
    expect(errorEvent(missing).detail).toBe("api_key is missing: set OPENAI_API_KEY");
  });
});
