/** Answer of `find` for a beginning that is not there. */
export const ABSENT = -1;

/** An odd number that spreads hashes over the upper bits of a product. */
export const SPREAD = 0x27d4eb2f;

const INITIAL_CAPACITY = 64;

interface Beginning {
  first: number;
  second: number;
  /** Length of the longest pattern within this beginning. */
  longest: number;
  /** Length of the longest pattern that begins with it. */
  reach: number;
}

/** Beginnings of patterns by their two hashes: open addressing in arrays of numbers, at most half full. */
export class BeginningTable {
  readonly longest: Int32Array;
  /** 0 in free slots. */
  readonly reach: Int32Array;
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  readonly #shift: number;
  /** Keeps patterns from being chosen so that they crowd in one place. */
  readonly #seed: number;
  #count = 0;

  /** `capacity` is a power of two. */
  constructor(capacity = INITIAL_CAPACITY, seed = crypto.getRandomValues(new Int32Array(1))[0] ?? 0) {
    this.longest = new Int32Array(capacity);
    this.reach = new Int32Array(capacity);
    this.#first = new Int32Array(capacity);
    this.#second = new Int32Array(capacity);
    this.#shift = Math.clz32(capacity) + 1;
    this.#seed = seed;
  }

  find(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    return this.reach[slot] === 0 ? ABSENT : slot;
  }

  /** Adds a beginning. If it is there already, only its reach grows. */
  put({ first, second, longest, reach }: Beginning): void {
    const slot = this.#slotOf(first, second);
    if (this.reach[slot] === 0) {
      this.#count++;
      this.#first[slot] = first;
      this.#second[slot] = second;
      this.longest[slot] = longest;
    }
    this.reach[slot] = Math.max(reach, this.reach[slot] ?? 0);
  }

  /** This table, or one of twice the size with the same entries when it is half full. */
  withRoom(): BeginningTable {
    const capacity = this.reach.length;
    if (2 * (this.#count + 1) <= capacity) return this;
    const larger = new BeginningTable(2 * capacity, this.#seed);
    for (let slot = 0; slot < capacity; slot++) {
      if (this.reach[slot] !== 0) larger.put(this.#entryAt(slot));
    }
    return larger;
  }

  #entryAt(slot: number): Beginning {
    return {
      first: this.#first[slot] ?? 0,
      second: this.#second[slot] ?? 0,
      longest: this.longest[slot] ?? 0,
      reach: this.reach[slot] ?? 0,
    };
  }

  #slotOf(first: number, second: number): number {
    const last = this.reach.length - 1;
    let slot = Math.imul(Math.imul(first ^ this.#seed, SPREAD) ^ second, SPREAD) >>> this.#shift;
    while (this.reach[slot] !== 0 && (this.#first[slot] !== first || this.#second[slot] !== second)) {
      slot = slot === last ? 0 : slot + 1;
    }
    return slot;
  }
}
