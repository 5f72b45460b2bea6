import { describe, expect, it } from "vitest";
import { deepMerge, mergePatch } from "../../../src/settings/server-settings/merge.ts";

describe("a merge patch", () => {
  it("removes with null at every level, merges objects and replaces everything else", () => {
    const base = { a: 1, b: { c: 2, d: { e: 3, f: 4 } }, l: [1, 2] };
    expect(mergePatch(base, { a: null, b: { c: null, d: { e: null, g: 5 } }, l: [3], n: 6 })).toEqual({
      b: { d: { f: 4, g: 5 } },
      l: [3],
      n: 6,
    });
  });

  it("changes nothing of what it is given", () => {
    const base = { a: { b: 1 } };
    const patch = { a: { c: 2 } };
    mergePatch(base, patch);
    expect([base, patch]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }]);
  });

  it("takes a key named __proto__ for a key", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.hasOwn(merged, "__proto__")).toBe(true);
    expect((merged as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("a deep merge", () => {
  it("keeps null at the top and removes with it further down", () => {
    expect(deepMerge({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: null }, d: null })).toEqual({
      a: { c: 2 },
      d: null,
    });
  });

  it("keeps the nulls of a map that was not there", () => {
    expect(deepMerge({}, { a: { b: null } })).toEqual({ a: { b: null } });
  });
});
