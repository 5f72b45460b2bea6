import { describe, expect, it } from "vitest";
import { findExcess, findJsonFault } from "../../../src/http/route/json-syntax.ts";

/** Text, position and words as the reference's parser gives them. */
const FAULTS: [text: string, position: number, error: string][] = [
  ["", 0, "Expecting value"],
  ["{", 1, "Expecting property name enclosed in double quotes"],
  ['{"a":}', 5, "Expecting value"],
  ['{"a":1,}', 7, "Expecting property name enclosed in double quotes"],
  ["{'a':1}", 1, "Expecting property name enclosed in double quotes"],
  ['{"a" 1}', 5, "Expecting ':' delimiter"],
  ['{"a":1 "b":2}', 7, "Expecting ',' delimiter"],
  ['{"a":{"b":[]}', 13, "Expecting ',' delimiter"],
  ['{"a":[1,{"b":}]}', 13, "Expecting value"],
  ["[1,]", 3, "Expecting value"],
  ["[1 2]", 3, "Expecting ',' delimiter"],
  ["[[],{}", 6, "Expecting ',' delimiter"],
  ["[true,fals]", 6, "Expecting value"],
  ["{} x", 3, "Extra data"],
  ['{"a":1}}', 7, "Extra data"],
  ["nope", 0, "Expecting value"],
  ['{"a":"é', 5, "Unterminated string starting at"],
  ['{"a":"\n"}', 6, "Invalid control character at"],
  ['{"a":"\\x"}', 6, "Invalid \\escape"],
];

describe("finding the fault in malformed JSON", () => {
  it.each(FAULTS)("%s", (text, position, error) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(findJsonFault(text)).toEqual({ position, error });
  });

  it("survives long strings and deep nesting", () => {
    expect(findJsonFault(`["${"x\\n".repeat(1_000_000)}"`)).toMatchObject({
      error: "Expecting ',' delimiter",
    });
    expect(findJsonFault("[".repeat(1_000_000))).toMatchObject({ position: 1_000_000 });
  });
});

describe("depth of JSON", () => {
  it("is allowed to 200", () => {
    expect(findExcess("[".repeat(200) + "]".repeat(200))).toBeUndefined();
    expect(findExcess("[".repeat(201))).toEqual({ position: 200, error: "Nested too deeply" });
  });

  it("does not count brackets in strings, nor those closed again", () => {
    expect(findExcess(`["${"[".repeat(300)}\\"[["]`)).toBeUndefined();
    expect(findExcess(`[${"[],".repeat(300)}1]`)).toBeUndefined();
  });
});

describe("the number of values in JSON", () => {
  it("is bounded, however they are written", () => {
    expect(findExcess(`[${"0,".repeat(99_000)}0]`)).toBeUndefined();
    expect(findExcess(`[${"0,".repeat(100_000)}0]`)).toMatchObject({ error: "Too many values" });
    expect(findExcess(`[${"[],".repeat(60_000)}0]`)).toMatchObject({ error: "Too many values" });
  });

  it("does not count commas in strings", () => {
    expect(findExcess(`["${",".repeat(200_000)}"]`)).toBeUndefined();
  });
});
