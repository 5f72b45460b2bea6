import { describe, expect, it } from "vitest";
import { RunSlots } from "../../../../src/conversations/live/runs/run-slots.ts";
import { Place } from "../../../../src/limits/places.ts";

const never = new AbortController().signal;
const REFUSAL = "Conversation run limit reached. Retry the request later.";

describe("without a queue", () => {
  it("a claim past the limit is refused until a slot is free", async () => {
    const slots = new RunSlots({ size: 1 });
    const first = slots.claim();
    await first.ready(never);
    expect(() => slots.claim()).toThrow(REFUSAL);
    first.release();
    slots.claim();
    expect(() => slots.claim()).toThrow(REFUSAL);
  });

  it("a slot that is released twice frees one place", () => {
    const slots = new RunSlots({ size: 2 });
    const [first] = [slots.claim(), slots.claim()];
    first?.release();
    first?.release();
    slots.claim();
    expect(() => slots.claim()).toThrow(REFUSAL);
  });

  it("the place of a client is given back with its slot, and at once where there is none", () => {
    const left: string[] = [];
    const slots = new RunSlots({ size: 1 });
    const first = slots.claim("", new Place(() => left.push("first")));
    expect(() => slots.claim("", new Place(() => left.push("second")))).toThrow(REFUSAL);
    expect(left).toEqual(["second"]);
    first.release();
    expect(left).toEqual(["second", "first"]);
  });

  it("a slot that was handed over is freed by its new owner alone", () => {
    const slots = new RunSlots({ size: 1 });
    const first = slots.claim();
    const owner = first.handOver();
    first.release();
    expect(() => slots.claim()).toThrow(REFUSAL);
    owner.release();
    slots.claim();
  });
});

describe("with several owners", () => {
  it("one that asks for many lets another go on as soon as a place is free", async () => {
    const slots = new RunSlots({ size: 2, queueLength: 10 });
    const order: string[] = [];
    const claim = (owner: string) => {
      const slot = slots.claim(owner);
      void slot.ready(never).then(() => order.push(owner));
      return slot;
    };
    const running = [claim("many"), claim("many")];
    const waiting = [claim("many"), claim("many"), claim("one"), claim("one")];
    running[0]?.release();
    running[1]?.release();
    await Promise.resolve();
    await new Promise(setImmediate);
    // Both have one by then, and the next is the one that has waited longest.
    waiting[2]?.release();
    await new Promise(setImmediate);
    expect(order).toEqual(["many", "many", "one", "many", "one"]);
  });
});

describe("with a queue", () => {
  it("gives places in the order they were asked for", async () => {
    const slots = new RunSlots({ size: 1, queueLength: 2 });
    const order: string[] = [];
    const first = slots.claim();
    const waiting = ["second", "third"].map(async (name) => {
      const slot = slots.claim();
      await slot.ready(never);
      order.push(name);
      slot.release();
    });
    expect(() => slots.claim()).toThrow(REFUSAL);
    first.release();
    await Promise.all(waiting);
    expect(order).toEqual(["second", "third"]);
  });

  it("an abort ends the wait without taking a place from those behind", async () => {
    const slots = new RunSlots({ size: 1, queueLength: 2 });
    const first = slots.claim();
    const abort = new AbortController();
    const left = slots.claim();
    const leaves = left.ready(abort.signal);
    const behind = slots.claim();
    abort.abort();
    await leaves;
    left.release();
    first.release();
    await behind.ready(never);
    behind.release();
    await slots.claim().ready(never);
  });

  it("a slot that is granted to one that no longer waits goes to the next", async () => {
    const slots = new RunSlots({ size: 1, queueLength: 2 });
    const first = slots.claim();
    const abort = new AbortController();
    const left = slots.claim();
    const leaves = left.ready(abort.signal);
    const behind = slots.claim();
    first.release();
    abort.abort();
    await leaves;
    left.release();
    await behind.ready(never);
  });
});
