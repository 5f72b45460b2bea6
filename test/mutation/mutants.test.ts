import { stripTypeScriptTypes } from "node:module";
import { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { mutate } from "./mutants.ts";

const SOURCE = `
const seen: number[] = [];
function size(value: number, limit?: number): string {
  if (value < 0 || !Number.isFinite(value)) throw new Error("not a size");
  if (value > 100) seen.push(-1);
  else seen.push(value);
  return value >= (limit ?? 10) ? "large" : "small";
}
const above = (least: number) => seen.filter((value) => value > least).toString();
`;

const { text, mutants } = mutate(SOURCE);
const program = new Script(`${stripTypeScriptTypes(text)}
  const ask = (...args) => { try { return size(...args); } catch { return "refused"; } };
  [ask(5), ask(10), ask(0), ask(-1), ask(Infinity), ask(5, 3), ask(100), ask(101), seen, above(5)].join()`);

/** What the source answers with one of its mutants in force. */
function play(active: number): string {
  return program.runInNewContext({ isMutant: (id: number) => id === active }) as string;
}

describe("the mutants of a source", () => {
  it("change nothing while none is in force", () => {
    expect(play(0)).toBe("small,large,small,refused,refused,large,large,large,5,10,0,5,100,-1,10,100");
  });

  it("change one thing each, which can be noticed", () => {
    const unnoticed = mutants.filter(({ id }) => play(id) === play(0));
    expect(unnoticed).toEqual([]);
    expect(mutants.length).toBeGreaterThan(10);
  });

  it("leave types alone", () => {
    const { mutants } = mutate(
      "type A = true | false;\nimport { a } from 'a';\nlet b: A extends true ? 1 : 2;",
    );
    expect(mutants).toEqual([]);
  });
});
