import { describe, expect, it } from "vitest";
import { RunControl } from "../../../../src/conversations/live/runs/run-control.ts";
import { RunSlots } from "../../../../src/conversations/live/runs/run-slots.ts";

it("nothing begins in a conversation that is closed, however many asked for it", async () => {
  let running = false;
  let begun = 0;
  const begins = Promise.withResolvers<void>();
  const control = new RunControl({
    slots: new RunSlots({ size: 1 }),
    run: async (signal) => {
      begun += 1;
      running = true;
      begins.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      running = false;
    },
    assertServed: () => {},
    isRunning: () => running,
    isIdle: () => !running,
    ended: () => {},
  });
  control.start();
  await begins.promise;
  // Stopped as clients see it, and not yet cleared up: another is to follow.
  running = false;
  control.start();
  await control.close(1000);
  expect(() => control.start()).toThrow("The conversation is closed");
  expect(() => control.startOrFollow()).toThrow("The conversation is closed");
  expect(begun).toBe(1);
});

describe("the door to a run", () => {
  const control = (client: { isLimited: boolean; assertLeft(): Promise<void> }) =>
    new RunControl({
      slots: new RunSlots({ size: 1 }),
      client: { ...client, holdRun: () => undefined },
      run: async () => {},
      assertServed: () => {},
      isRunning: () => false,
      isIdle: () => true,
      ended: () => {},
    });

  it("is open in the same turn where no client has limits", async () => {
    const asked: string[] = [];
    const { admitted, order } = inOrder(
      control({ isLimited: false, assertLeft: async () => void asked.push("limits") }),
    );
    expect(order).toEqual(["begun", "called"]);
    await admitted;
    expect(asked).toEqual([]);
  });

  it("stays shut for a client that has used up what it may use", async () => {
    const usedUp = new Error("used up");
    const { admitted, order } = inOrder(
      control({ isLimited: true, assertLeft: () => Promise.reject(usedUp) }),
    );
    await expect(admitted).rejects.toBe(usedUp);
    expect(order).toEqual(["called"]);
  });

  it("opens for a client that has something left", async () => {
    const { admitted, order } = inOrder(control({ isLimited: true, assertLeft: async () => {} }));
    await admitted;
    expect(order).toEqual(["called", "begun"]);
  });

  function inOrder(runs: RunControl): { admitted: Promise<void>; order: string[] } {
    const order: string[] = [];
    const admitted = runs.admit(async () => void order.push("begun"));
    order.push("called");
    return { admitted, order };
  }
});
