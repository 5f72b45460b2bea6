import { ABSENT, BeginningTable, SPREAD } from "./beginning-table.ts";
import { HashedText, type Powers, powersUpTo } from "./hashed-text.ts";

/** Answer of `longestAt` where more text decides. */
export const UNDECIDED = -1;

/** Characters that a quick look compares before the table is asked. */
const WINDOW = 8;
/** Characters of patterns that `build` takes in between two pauses. */
const STEP = 16_384;

export interface PatternSetOptions {
  /** Whether patterns and texts are compared without their white space. */
  skipsSpace: boolean;
}

/**
 * Texts to look for. Finding the longest that begins at a place takes a number of steps that grows with the logarithm
 * of its length, and with nothing else: neither with the number of patterns nor with what they have in common.
 *
 * A table holds some beginnings of every pattern, each by its hash: those of 1, 2, 4, 8, … characters, and those that
 * a binary search for the whole pattern meets on its way. Every beginning knows the longest pattern within it, so that
 * a search that goes too far need not go back. (This is the binary search on prefix lengths of internet routers.)
 */
export class PatternSet {
  readonly skipsSpace: boolean;
  /** Length of the longest pattern. */
  readonly longest: number;
  readonly #powers: Powers;
  /** Every pattern has at least this many characters; a power of two. */
  readonly #window: number;
  /** One bit for each hash that the first `#window` characters of a pattern can have. */
  readonly #heads: Uint32Array;
  readonly #headShift: number;
  #table = new BeginningTable();

  private constructor(
    options: PatternSetOptions,
    bounds: { count: number; shortest: number; longest: number },
  ) {
    const { count, shortest, longest } = bounds;
    this.skipsSpace = options.skipsSpace;
    this.longest = longest;
    this.#powers = powersUpTo(longest);
    this.#window = powerBelow(Math.min(WINDOW, shortest));
    const bits = Math.min(22, Math.max(10, Math.ceil(Math.log2(count * 32))));
    this.#heads = new Uint32Array(2 ** (bits - 5));
    this.#headShift = 32 - bits;
  }

  /**
   * Makes a set of patterns in small steps. There must be one, none may be empty, and with `skipsSpace` none may have
   * white space.
   */
  static *build(patterns: ReadonlySet<string>, options: PatternSetOptions): Generator<void, PatternSet> {
    // By length: every pattern within a beginning is in the table before that beginning.
    const byLength = Map.groupBy(patterns, ({ length }) => length);
    const lengths = [...byLength.keys()].sort((left, right) => left - right);
    const bounds = { count: patterns.size, shortest: lengths[0] ?? 1, longest: lengths.at(-1) ?? 1 };
    const set = new PatternSet(options, bounds);
    const text = new HashedText(options);
    let characters = 0;
    for (const pattern of lengths.flatMap((length) => byLength.get(length) ?? [])) {
      characters += pattern.length;
      if (characters > STEP) {
        yield;
        characters = 0;
      }
      text.clear();
      text.append(pattern);
      set.#insert(text);
    }
    return set;
  }

  /**
   * Length of the longest pattern that begins at an index, 0 without one. `UNDECIDED` when a longer text could change
   * that; never when `isWhole` says that no more text comes.
   */
  longestAt(text: HashedText, start: number, isWhole: boolean): number {
    const available = text.end - start;
    if (available < this.#window) return this.#search(text, { start, available, isWhole, from: 1 });
    if (!this.#mayBegin(text, start)) return 0;
    return this.#search(text, { start, available, isWhole, from: this.#window });
  }

  /** Doubles a length until no pattern begins so, then adds ever smaller halves of it. */
  #search(text: HashedText, { start, available, isWhole, from }: Search): number {
    const table = this.#table;
    let length = 0;
    let longest = 0;
    let reach = this.longest;
    let isDoubling = true;
    for (let step = from; step > 0; step = isDoubling ? step * 2 : step >> 1) {
      const next = isDoubling ? step : length + step;
      if (next > available && reach > available && !isWhole) return UNDECIDED;
      const isPossible = next <= available && next <= this.longest;
      const slot = isPossible ? this.#find(text, start, next) : ABSENT;
      if (slot !== ABSENT) {
        length = next;
        longest = table.longest[slot] ?? 0;
        reach = table.reach[slot] ?? 0;
      } else if (isDoubling) {
        isDoubling = false;
        step = length;
      }
    }
    return longest;
  }

  #find(text: HashedText, start: number, length: number): number {
    const first = text.firstHash(start, length, this.#powers);
    return this.#table.find(first, text.secondHash(start, length, this.#powers));
  }

  #insert(text: HashedText): void {
    const length = text.end;
    const head = this.#headOf(text, 0);
    // Without a pattern of the same head before it, this one has no other within it.
    const hasKin = this.#mayBegin(text, 0);
    this.#heads[head >>> 5] = (this.#heads[head >>> 5] ?? 0) | (1 << (head & 31));
    for (const available of beginningsOf(length)) {
      const within = hasKin ? this.#search(text, { start: 0, available, isWhole: true, from: 1 }) : 0;
      const first = text.firstHash(0, available, this.#powers);
      const second = text.secondHash(0, available, this.#powers);
      this.#table = this.#table.withRoom();
      this.#table.put({ first, second, longest: available === length ? length : within, reach: length });
    }
  }

  #mayBegin(text: HashedText, start: number): boolean {
    const head = this.#headOf(text, start);
    return ((this.#heads[head >>> 5] ?? 0) & (1 << (head & 31))) !== 0;
  }

  #headOf(text: HashedText, start: number): number {
    return Math.imul(text.firstHash(start, this.#window, this.#powers), SPREAD) >>> this.#headShift;
  }
}

interface Search {
  start: number;
  /** Characters from `start` that may be looked at. */
  available: number;
  isWhole: boolean;
  /** Length of the beginning to ask for first; a power of two. */
  from: number;
}

/** The lengths under which a pattern is found: powers of two, then the steps of the binary search down to it. */
function beginningsOf(length: number): number[] {
  const top = powerBelow(length);
  const lengths: number[] = [];
  for (let power = 1; power <= top; power *= 2) lengths.push(power);
  let sum = top;
  for (let half = top >> 1; half > 0; half >>= 1) {
    if ((length & half) === 0) continue;
    sum += half;
    lengths.push(sum);
  }
  return lengths;
}

/** The largest power of two that is not above a number. */
function powerBelow(number: number): number {
  return 2 ** (31 - Math.clz32(number));
}
