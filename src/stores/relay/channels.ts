import type { Following, Frame } from "../frame-relay.ts";

/** Events of a channel whose places are remembered, so that a repetition is recognised. */
const MAX_SEEN = 1_000;

const BEGUN = Promise.resolve();

interface Channel {
  readonly followers: Set<(frame: Frame) => void>;
  /** Places of the newest events. */
  readonly seen: Set<number>;
  unfollow(): void;
}

/** Names that are not conversation ids: what comes is passed on, each event once. */
export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #subscribe: (name: string) => () => void;

  /** `subscribe` is called for each name that gets its first follower, and what it returns after the last one. */
  constructor(subscribe: (name: string) => () => void) {
    this.#subscribe = subscribe;
  }

  publish(name: string, frame: Frame): void {
    const channel = this.#channels.get(name);
    if (channel === undefined || (frame.kind === "event" && isRepeated(channel.seen, frame.seq))) return;
    for (const take of channel.followers) take(frame);
  }

  follow(name: string, take: (frame: Frame) => void): Following {
    const channel = this.#channels.get(name) ?? this.#open(name);
    const follower = (frame: Frame) => take(frame);
    channel.followers.add(follower);
    const end = () => {
      channel.followers.delete(follower);
      if (channel.followers.size > 0 || this.#channels.get(name) !== channel) return;
      this.#channels.delete(name);
      channel.unfollow();
    };
    return { begun: BEGUN, end };
  }

  #open(name: string): Channel {
    const channel = {
      followers: new Set<(frame: Frame) => void>(),
      seen: new Set<number>(),
      unfollow: this.#subscribe(name),
    };
    this.#channels.set(name, channel);
    return channel;
  }
}

function isRepeated(seen: Set<number>, seq: number): boolean {
  if (seen.has(seq)) return true;
  seen.add(seq);
  for (const oldest of seen) {
    if (seen.size <= MAX_SEEN) break;
    seen.delete(oldest);
  }
  return false;
}
