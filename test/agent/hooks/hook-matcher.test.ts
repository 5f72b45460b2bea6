import { describe, expect, it } from "vitest";
import { compileMatcher } from "../../../src/agent/hooks/hook-matcher.ts";

async function matches(matcher: string, toolName: string | null): Promise<boolean> {
  return (await compileMatcher(matcher, "matcher"))(toolName);
}

describe("a matcher of hooks", () => {
  it("is the whole name of a tool, in its own case", async () => {
    expect(await matches("terminal", "terminal")).toBe(true);
    expect(await matches("terminal", "terminals")).toBe(false);
    expect(await matches("Terminal", "terminal")).toBe(false);
  });

  it("is everything as a star or as nothing, also at moments without a tool", async () => {
    for (const everything of ["*", ""]) {
      expect(await matches(everything, "terminal")).toBe(true);
      expect(await matches(everything, null)).toBe(true);
    }
    expect(await matches("terminal", null)).toBe(false);
    expect(await matches("/.*/", null)).toBe(false);
  });

  it("is a regular expression between slashes, for the whole name", async () => {
    expect(await matches("/term|think/", "think")).toBe(true);
    expect(await matches("/term|think/", "terminal")).toBe(false);
    expect(await matches("/term/", "terminal")).toBe(false);
  });

  it("is a regular expression without slashes when it has characters of one", async () => {
    expect(await matches("terminal|think", "think")).toBe(true);
    expect(await matches("file_.*", "file_editor")).toBe(true);
    expect(await matches("file_.", "file_editor")).toBe(false);
  });

  it("may look ahead, as expressions for the reference do", async () => {
    expect(await matches("(?!finish).*", "terminal")).toBe(true);
    expect(await matches("(?!finish).*", "finish")).toBe(false);
  });

  it("matches in time that grows with the name alone", async () => {
    // An engine that backtracks would not come back.
    expect(await matches("(a+)+b", "a".repeat(10_000))).toBe(false);
  });

  it("counts as a match when an expression with lookahead takes too long", async () => {
    expect(await matches("(?=a)(a+)+b", "a".repeat(60))).toBe(true);
  });

  it("is refused when it is not valid, by its field", async () => {
    for (const matcher of ["/(/", "a(", "[b", ")a|b("]) {
      await expect(compileMatcher(matcher, "hook_config.stop.0.matcher")).rejects.toMatchObject({
        code: "unprocessable",
        detail: expect.stringContaining("hook_config.stop.0.matcher"),
      });
    }
  });
});
