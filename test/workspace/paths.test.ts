import { expect, it } from "vitest";
import { extensionOf } from "../../src/workspace/paths.ts";

it("an extension is lower case and of the last part alone", () => {
  expect(extensionOf("/a.b/C.PNG")).toBe(".png");
  expect(extensionOf("/a.b/c")).toBe("");
});
