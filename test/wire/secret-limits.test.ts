import { expect, it } from "vitest";
import { secretsFault } from "../../src/wire/secret-limits.ts";

it("a secret cannot have the name with which JavaScript sets a prototype", () => {
  expect(secretsFault({ constructor: "x", prototype: "x" })).toBeUndefined();
  expect(secretsFault(JSON.parse('{"__proto__":"x"}'))).toMatchObject({ name: "__proto__" });
});
