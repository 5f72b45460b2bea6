import assert from "node:assert/strict";
import type { EventFrame, Frame } from "../../stores/frame-relay.ts";
import type { Store } from "../../stores/store.ts";
import { A, B, creation, event, range } from "./sample-log.ts";

/** Checks of the frames that followers of a conversation get. */
export const RELAY_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "carries frames to every follower of their conversation, in order, until each stops": async (store) => {
    const { relay } = store;
    const first: Frame[] = [];
    const second: Frame[] = [];
    const other: Frame[] = [];
    relay.publish(A, { kind: "transient", text: "followed by nothing" });
    const firstFollowing = relay.follow(A, (frame) => first.push(frame));
    const secondFollowing = relay.follow(A, (frame) => second.push(frame));
    const otherFollowing = relay.follow(B, (frame) => other.push(frame));
    await Promise.all([firstFollowing.begun, secondFollowing.begun, otherFollowing.begun]);
    const frames = await storedFrames(store);
    for (const frame of frames) relay.publish(A, frame);
    await delivered(() => first.length === 10 && second.length === 10);
    firstFollowing.end();
    firstFollowing.end();
    await store.remove(A);
    relay.publish(A, { kind: "removed" });
    await delivered(() => second.length === 11);
    assert.deepEqual([first, other], [frames, []]);
    assert.deepEqual(second, [...frames, { kind: "removed" }]);
    secondFollowing.end();
    otherFollowing.end();
  },

  "carries frames that are not stored in their place between the events": async (store) => {
    const { relay } = store;
    const taken: Frame[] = [];
    const following = relay.follow(A, (frame) => taken.push(frame));
    await following.begun;
    const [zero, one, ...rest] = await storedFrames(store);
    assert.ok(zero !== undefined && one !== undefined);
    const piece = (nth: number): Frame => ({ kind: "delta", text: `piece ${nth}`, place: { at: 1, nth } });
    const state: Frame = { kind: "transient", text: "state", place: { at: 2, nth: 0 } };
    const frames = [zero, piece(0), piece(1), one, state, ...rest];
    for (const frame of frames) relay.publish(A, frame);
    await delivered(() => taken.length === frames.length);
    assert.deepEqual(taken, frames);
    following.end();
  },
};

/** Stores ten events, as has to be done before they are published. */
async function storedFrames(store: Store): Promise<EventFrame[]> {
  const events = range(10).map((seq) => event(seq));
  await store.commit({ ...creation(A), events });
  return events.map(({ seq, json }) => ({ kind: "event", seq, text: json }));
}

/** A relay may take its time, but not forever. */
async function delivered(isDone: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!isDone()) {
    assert.ok(performance.now() < end, "frames do not arrive");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
