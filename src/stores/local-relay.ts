import type { Frame, FrameRelay } from "./frame-relay.ts";

const BEGUN = Promise.resolve();

/** A relay between the servers of one process, for stores that only one process has open. */
export function localRelay(): FrameRelay {
  const followers = new Map<string, Set<(frame: Frame) => void>>();
  return {
    publish(conversationId, frame) {
      for (const take of followers.get(conversationId) ?? []) take(frame);
    },
    follow(conversationId, take) {
      const taking = followers.get(conversationId) ?? new Set();
      followers.set(conversationId, taking.add(take));
      const end = () => {
        taking.delete(take);
        if (taking.size === 0 && followers.get(conversationId) === taking) followers.delete(conversationId);
      };
      return { begun: BEGUN, end };
    },
  };
}
