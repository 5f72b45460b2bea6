import { expect, it } from "vitest";
import { controlLetter, keyCode } from "../../../src/tools/terminal/keys.ts";

it.each(["C-c", "c-C", "CTRL-c", "ctrl+C", " C-c "])("%j is Ctrl-C", (name) => {
  expect(keyCode(name, false)).toBe("\x03");
  expect(controlLetter(name)).toBe("C");
});

it("knows control characters that are no letters", () => {
  expect(keyCode("C-[", false)).toBe(keyCode("ESC", false));
  expect(keyCode("C-\\", false)).toBe("\x1c");
  expect(keyCode("C-]", false)).toBe("\x1d");
  expect(keyCode("C-_", false)).toBe("\x1f");
});

it("knows the other keys by name, arrows in both of their codes", () => {
  expect(keyCode("Enter", false)).toBe("\r");
  expect(keyCode("BS", false)).toBe("\x7f");
  expect(keyCode("UP", false)).toBe("\x1b[A");
  expect(keyCode("UP", true)).toBe("\x1bOA");
});

it.each(["", "c", "C-", "C-cc", "UPPER", "constructor", "yes"])("%j is text", (name) => {
  expect(keyCode(name, false)).toBeNull();
});
