import type { FrameFeed } from "../../../src/stores/relay/frame-feed.ts";

/** Numbers from 0 up to 1 that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often a network fails a text, from 0 to 1. */
export interface Faults {
  loss?: number;
  repetition?: number;
  delay?: number;
}

type Take = (text: string | undefined) => void;

/** Joins feeds, one for each process, by a network that loses, repeats and reorders. */
export class FaultyNetwork {
  readonly #followers = new Map<string, Set<Take>>();
  readonly #random: () => number;
  readonly #faults: Required<Faults>;
  #late: (() => void)[] = [];

  constructor(seed: number, faults: Faults = {}) {
    this.#random = randomOf(seed);
    this.#faults = { loss: 0, repetition: 0, delay: 0, ...faults };
  }

  /** Number of names that are followed. */
  get followed(): number {
    return this.#followers.size;
  }

  feed(): FrameFeed {
    return {
      publish: (name, text) => this.say(name, text()),
      follow: (name, take) => {
        const takes = this.#followers.get(name) ?? new Set();
        this.#followers.set(name, takes.add(take));
        return () => {
          takes.delete(take);
          if (takes.size === 0) this.#followers.delete(name);
        };
      },
    };
  }

  /** Brings a text to everyone who follows the name, or fails to. */
  say(name: string, text: string | undefined): void {
    const { loss, repetition, delay } = this.#faults;
    if (this.#random() < loss) return;
    const copies = this.#random() < repetition ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const deliver = () => {
        for (const take of this.#followers.get(name) ?? []) take(text);
      };
      if (this.#random() < delay) this.#late.push(deliver);
      else deliver();
    }
    if (this.#random() < 0.3) this.flush();
  }

  /** Delivers what was delayed, the newest first. */
  flush(): void {
    const late = this.#late;
    this.#late = [];
    for (const deliver of late.reverse()) deliver();
  }
}
