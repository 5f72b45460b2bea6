import { describe, expect, it } from "vitest";
import { callerPattern } from "../src/caller-pattern.ts";

const pattern = (source: string, ignoreCase = false) =>
  callerPattern(source, { field: "high_patterns", ignoreCase });

describe("a pattern that came with a request", () => {
  it.each([
    ["^term", "terminal", true],
    ["^term", "my terminal", false],
    ["(?i)SUDO", "sudo rm", true],
    ["(?P<tool>git) push", "git push", true],
    ["^(?!repomix)(.*)", "file_editor", true],
    ["^(?!repomix)(.*)$", "repomix_pack", false],
    ["(?P<quote>['\"]).*\\k<quote>", "'a'", true],
  ])("%s finds in %s: %s", async (source, text, expected) => {
    expect((await pattern(source)).test(text)).toBe(expected);
  });

  it("ignores case when asked to", async () => {
    expect((await pattern("terraform", true)).test("TERRAFORM apply")).toBe(true);
    expect((await pattern("(?!x)terraform", true)).test("TERRAFORM apply")).toBe(true);
  });

  it("matches from the start of the text when it is anchored", async () => {
    const anchored = (source: string) =>
      callerPattern(source, { field: "filter_tools_regex", anchored: true });
    expect((await anchored("file|x")).test("file_editor")).toBe(true);
    expect((await anchored("ditor")).test("file_editor")).toBe(false);
    expect((await anchored("(?!x)ditor")).test("file_editor")).toBe(false);
  });

  it("is matched in linear time where a backtracking engine needs exponential time", async () => {
    expect((await pattern("^(a+)+$")).test(`${"a".repeat(100_000)}!`)).toBe(false);
  });

  it("with lookaround throws instead of backtracking without end", async () => {
    const hostile = await pattern("^(?=a)(a+)+$");
    expect(() => hostile.test(`${"a".repeat(100)}!`)).toThrow(/timed out/);
    expect(hostile.test("aaa")).toBe(true);
  });

  it("that is not valid is refused with its field", async () => {
    await expect(pattern("(")).rejects.toMatchObject({
      code: "unprocessable",
      detail: "high_patterns '(' is not a regular expression",
    });
    await expect(pattern("a".repeat(5_000))).rejects.toThrow(/longer than 4096 characters/);
  });
});
