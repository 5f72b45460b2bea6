import { expect, it } from "vitest";
import { shellWords } from "../../src/settings/launch/shell-words.ts";

it.each([
  ["", []],
  ["  a  b\tc\n", ["a", "b", "c"]],
  ["'a b' \"c d\"", ["a b", "c d"]],
  ["a'b'\"c\"d", ["abcd"]],
  ["'' \"\"", ["", ""]],
  ["a\\ b \\'", ["a b", "'"]],
  ["'it'\\''s'", ["it's"]],
  ['"a\\"b\\\\c\\n"', ['a"b\\c\\n']],
  ["'a\\b'", ["a\\b"]],
])("%j is read as a shell reads it", (command, words) => {
  expect(shellWords(command)).toEqual(words);
});

it.each(["'a", '"a', "a\\"])("%j does not end", (command) => {
  expect(() => shellWords(command)).toThrow(RangeError);
});
