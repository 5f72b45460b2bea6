import { expect, it } from "vitest";
import { keyMatcher } from "../../src/secrets/key-matcher.ts";

it("knows every key, exactly", () => {
  const matches = keyMatcher(["one", "zwölf"]);
  expect(["one", "zwölf"].map(matches)).toEqual([true, true]);
  expect(["One", "one ", "on", "", "onezwölf", null].map(matches)).toEqual(Array(6).fill(false));
});

it("without keys knows none", () => {
  expect(["", "x", null].map(keyMatcher([]))).toEqual([false, false, false]);
});
