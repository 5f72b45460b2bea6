import { describe, expect, it } from "vitest";
import { rulesFor } from "../../../src/agent/skills/path-rules.ts";
import { skillsCalledFor } from "../../../src/agent/skills/triggers.ts";
import { skill } from "../../../src/wire/agent/skill.ts";

const withWords = (name: string, ...keywords: string[]) =>
  skill.parse({ name, content: "c", trigger: { type: "keyword", keywords } });

const withPaths = (name: string, ...paths: string[]) =>
  skill.parse({ name, content: "c", trigger: { type: "path", paths } });

const called = (keyword: string, message: string) =>
  skillsCalledFor([withWords("s", keyword)], message, []).length > 0;

const applies = (pattern: string, path: string) => rulesFor([withPaths("r", pattern)], path, []).length > 0;

describe("a skill with words", () => {
  it("is called for by one of them as a whole word, in any case", () => {
    expect(called("git", "Use GIT, please")).toBe(true);
    expect(called("git", "see github and digit")).toBe(false);
    expect(called("/linear", "run /linear now")).toBe(true);
    expect(called("c++", "in C++")).toBe(true);
    expect(called("foo-bar", "foo-bar")).toBe(true);
    expect(called("foo-bar", "foo bar")).toBe(false);
    expect(called("größe", "die Größe")).toBe(true);
    expect(called("", "anything")).toBe(false);
    expect(called("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!")).toBe(false);
  });

  it("is found behind places where its word is only a part of another", () => {
    expect(called("cat", "concatenate the cat")).toBe(true);
  });

  it("is named with the first word that is there, and left out when it was given before", () => {
    const skills = [withWords("a", "x", "two", "one"), withWords("b", "one")];
    expect(skillsCalledFor(skills, "one two", []).map(({ trigger }) => trigger)).toEqual(["two", "one"]);
    expect(skillsCalledFor(skills, "one two", ["a"]).map(({ skill: { name } }) => name)).toEqual(["b"]);
  });
});

describe("a rule for paths", () => {
  it.each([
    ["src/**", "src/a/b.ts", true],
    ["src/**", "src", false],
    ["src/**/b.ts", "src/b.ts", true],
    ["src/**/b.ts", "src/x/y/b.ts", true],
    ["src/**/b.ts", "src/xb.ts", false],
    ["*.py", "deep/down/a.py", true],
    ["*.py", "a.pyc", false],
    ["src/*.ts", "src/a/b.ts", false],
    ["a?c/x", "abc/x", true],
    ["a?c/x", "a/c/x", false],
    ["**", "any/thing", true],
    ["A/*", "a/b", false],
    ["[ab].txt", "a.txt", false],
    ["", "a", false],
    ["x**y/z", "x/1/2/y/z", true],
    ["café/*", "café/ü", true],
  ])("matches paths as .gitignore does: %s and %s", (pattern, path, expected) => {
    expect(applies(pattern, path)).toBe(expected);
  });

  it("costs no more for a pattern that is made to cost much", () => {
    const path = `${"a".repeat(4_000)}b`;
    expect(applies(`${"*a".repeat(500)}c`, path)).toBe(false);
    expect(applies(`${"**/".repeat(300)}c`, `${"a/".repeat(2_000)}b`)).toBe(false);
  });
});
