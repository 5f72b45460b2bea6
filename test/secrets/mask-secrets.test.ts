import { expect, test } from "vitest";
import { maskText } from "../../src/secrets/mask-secrets.ts";

const HIDDEN = "<secret-hidden>";

test("hides every value wherever it stands, and takes values literally", () => {
  const masked = maskText("a.c abc $1^[x] xsk-12sk-12", ["a.c", "$1^[x]", "sk-12"]);
  expect(masked).toBe(`${HIDDEN} abc ${HIDDEN} x${HIDDEN}${HIDDEN}`);
});

test("hides the longest of values that begin alike", () => {
  expect(maskText("token-long token", ["token", "token-long"])).toBe(`${HIDDEN} ${HIDDEN}`);
});

test("hides values of several lines as a terminal prints them", () => {
  const masked = maskText("<-----\r\nabc\r\n-----> <-----\nabc\n----->", ["-----\nabc\n-----"]);
  expect(masked).toBe(`<${HIDDEN}> <${HIDDEN}>`);
});

test("leaves text alone when there is nothing to hide", () => {
  expect(maskText("as it is", [])).toBe("as it is");
  expect(maskText("as  it is", ["", "  "])).toBe("as  it is");
});
