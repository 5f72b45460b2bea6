import assert from "node:assert/strict";
import type { Frame } from "../../stores/frame-relay.ts";
import type { Store } from "../../stores/store.ts";
import { A, B, range } from "./sample-log.ts";

/** Checks of the frames that followers of a conversation get. */
export const RELAY_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "carries frames to every follower of their conversation, in order, until each stops": async ({ relay }) => {
    const frames: Frame[] = range(10).map((seq) => ({ kind: "event", seq, text: `frame ${seq}` }));
    const first: Frame[] = [];
    const second: Frame[] = [];
    const other: Frame[] = [];
    relay.publish(A, { kind: "transient", text: "followed by nothing" });
    const stopFirst = relay.follow(A, (frame) => first.push(frame));
    relay.follow(A, (frame) => second.push(frame));
    relay.follow(B, (frame) => other.push(frame));
    for (const frame of frames) relay.publish(A, frame);
    await delivered(() => first.length === 10 && second.length === 10);
    stopFirst();
    relay.publish(A, { kind: "removed" });
    await delivered(() => second.length === 11);
    assert.deepEqual([first, other], [frames, []]);
    assert.deepEqual(second, [...frames, { kind: "removed" }]);
  },
};

/** A relay may take its time, but not forever. */
async function delivered(isDone: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!isDone()) {
    assert.ok(performance.now() < end, "frames do not arrive");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
