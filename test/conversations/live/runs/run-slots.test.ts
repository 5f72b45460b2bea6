import { expect, it } from "vitest";
import { RunSlots } from "../../../../src/conversations/live/runs/run-slots.ts";

const never = new AbortController().signal;

it("gives places in the order they were asked for", async () => {
  const slots = new RunSlots(1);
  const order: string[] = [];
  const first = await slots.take(never);
  const waiting = ["second", "third"].map(async (name) => {
    const giveBack = await slots.take(never);
    order.push(name);
    giveBack();
  });
  first();
  await Promise.all(waiting);
  expect(order).toEqual(["second", "third"]);
});

it("an abort ends the wait without taking a place from those behind", async () => {
  const slots = new RunSlots(1);
  const first = await slots.take(never);
  const abort = new AbortController();
  const left = slots.take(abort.signal);
  const behind = slots.take(never);
  abort.abort();
  (await left)();
  first();
  (await behind)();
  await slots.take(never);
});
