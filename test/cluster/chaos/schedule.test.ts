import { expect, it } from "vitest";
import { type Fault, schedule } from "./schedule.ts";

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

it("a seed gives the same faults each time, and another seed others", () => {
  const options = { milliseconds: 60_000, nodes: 3 };
  expect(schedule({ ...options, seed: 7 })).toEqual(schedule({ ...options, seed: 7 }));
  expect(schedule({ ...options, seed: 7 })).not.toEqual(schedule({ ...options, seed: 8 }));
});

it("faults are over when the schedule is, and every kind comes", () => {
  const kinds = new Set<Fault["kind"]>();
  for (const seed of SEEDS) {
    const faults = schedule({ seed, milliseconds: 60_000, nodes: 3 });
    expect(faults.length).toBeGreaterThan(5);
    for (const { kind, at, duration } of faults) {
      kinds.add(kind);
      expect(at + duration).toBeLessThan(60_000);
    }
  }
  expect([...kinds].toSorted()).toEqual(["cut", "database", "drain", "freeze", "kill", "stop"]);
});

it("a node has one fault at a time, and another node is whole meanwhile", () => {
  for (const seed of SEEDS) {
    const faults = schedule({ seed, milliseconds: 120_000, nodes: 3 }).filter(
      (fault) => fault.kind !== "database",
    );
    for (const { at, node } of faults) {
      const ill = faults.filter((fault) => fault.at <= at && at <= fault.at + fault.duration);
      expect(ill.filter((fault) => fault.node === node)).toHaveLength(1);
      expect(ill.length).toBeLessThan(3);
    }
  }
});
