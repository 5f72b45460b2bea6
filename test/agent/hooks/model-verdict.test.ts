import { describe, expect, it } from "vitest";
import { readVerdict } from "../../../src/agent/hooks/model-verdict.ts";

describe("a verdict in the words of a model", () => {
  it("is the first JSON object, whatever stands around it", () => {
    const reply =
      'Well { not this } "{" and: {"decision": "deny", "reason": "a } in \\" a text"} {"decision": "allow"}';
    expect(readVerdict(reply)).toMatchObject({ success: true, blocked: true, reason: 'a } in " a text' });
  });

  it("is none without a decision, and then nothing is refused", () => {
    for (const reply of [
      "",
      "deny",
      "{}",
      '{"decision": null}',
      '{"decision": "denied"}',
      "[1]",
      '{"decision": "deny"',
    ]) {
      expect(readVerdict(reply)).toMatchObject({ success: false, blocked: false });
    }
  });

  it("is none in words without end, and they are not read to their end again and again", () => {
    for (const reply of ["{".repeat(5_000_000), '{"a":'.repeat(1_000_000)]) {
      expect(readVerdict(reply)).toMatchObject({ success: false, blocked: false });
    }
  });
});
