import { expect, it } from "vitest";
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
