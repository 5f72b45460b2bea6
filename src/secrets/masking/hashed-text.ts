/** Odd multipliers of two polynomial hashes modulo 2^32. Together they tell texts apart as 64 bits would. */
const FIRST = 0x9e3779b1;
const SECOND = 0x85ebca6b;

/** Characters of white space in a row that are skipped. A longer gap separates what stands around it. */
const MAX_GAP = 256;
/** The character taken for a longer gap. Skipped white space includes it, so that no pattern has it. */
const GAP = 0;

const INITIAL_CAPACITY = 64;

export interface HashedTextOptions {
  /** Whether white space is left out, so that indentation, line ends and wrapped lines make no difference. */
  skipsSpace: boolean;
}

/**
 * A window on text that comes in pieces, in which the hash of any part costs the same whatever its length. Characters
 * between `begin` and `end` are kept, each with its offset in the whole text.
 */
export class HashedText {
  readonly skipsSpace: boolean;
  /** Index of the first character that is kept. Callers move it forward over what they no longer need. */
  begin = 0;
  /** Index after the last character. */
  end = 0;
  /** Number of characters appended, white space included. */
  read = 0;
  /** Hashes of everything before each index. */
  #first = new Int32Array(INITIAL_CAPACITY + 1);
  #second = new Int32Array(INITIAL_CAPACITY + 1);
  #offsets = new Float64Array(INITIAL_CAPACITY);
  #gap = 0;

  constructor({ skipsSpace }: HashedTextOptions) {
    this.skipsSpace = skipsSpace;
  }

  append(piece: string): void {
    this.#makeRoom(piece.length);
    for (let index = 0; index < piece.length; index++) {
      const code = piece.charCodeAt(index);
      if (this.skipsSpace && isSpace(code)) {
        this.#gap++;
        if (this.#gap === MAX_GAP + 1) this.#push(GAP, this.read + index);
      } else {
        this.#gap = 0;
        this.#push(code, this.read + index);
      }
    }
    this.read += piece.length;
  }

  /** Forgets everything. */
  clear(): void {
    this.begin = 0;
    this.end = 0;
    this.read = 0;
    this.#gap = 0;
  }

  /** Offset of a character in the whole text. */
  offsetAt(index: number): number {
    return this.#offsets[index] ?? this.read;
  }

  /** First hash of a part. `powers` must reach its length. */
  firstHash(start: number, length: number, powers: Powers): number {
    return hashOfPart(this.#first, start, length, powers.first);
  }

  /** Second hash of a part. */
  secondHash(start: number, length: number, powers: Powers): number {
    return hashOfPart(this.#second, start, length, powers.second);
  }

  #push(code: number, offset: number): void {
    const { end } = this;
    this.#offsets[end] = offset;
    // One is added so that NUL counts: a hash of nothing and one of a NUL differ.
    this.#first[end + 1] = Math.imul(this.#first[end] ?? 0, FIRST) + code + 1;
    this.#second[end + 1] = Math.imul(this.#second[end] ?? 0, SECOND) + code + 1;
    this.end = end + 1;
  }

  #makeRoom(count: number): void {
    const { begin, end } = this;
    const size = end - begin;
    const capacity = this.#offsets.length;
    if (end + count <= capacity) return;
    // Arrays that the window does not fill by half have room enough at their front for it to pay to move there.
    const isLarge = 2 * size + count <= capacity;
    const grown = isLarge ? capacity : 2 * (size + count);
    this.#first = moved(this.#first, this, isLarge ? this.#first : new Int32Array(grown + 1));
    this.#second = moved(this.#second, this, isLarge ? this.#second : new Int32Array(grown + 1));
    this.#offsets = moved(this.#offsets, this, isLarge ? this.#offsets : new Float64Array(grown));
    this.begin = 0;
    this.end = size;
  }
}

/** Powers of both multipliers up to a length. */
export interface Powers {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

export function powersUpTo(length: number): Powers {
  return { first: powersOf(FIRST, length), second: powersOf(SECOND, length) };
}

function powersOf(multiplier: number, length: number): Int32Array {
  const powers = new Int32Array(length + 1).fill(1);
  for (let index = 1; index <= length; index++) {
    powers[index] = Math.imul(powers[index - 1] ?? 1, multiplier);
  }
  return powers;
}

function hashOfPart(hashes: Int32Array, start: number, length: number, powers: Int32Array): number {
  return ((hashes[start + length] ?? 0) - Math.imul(hashes[start] ?? 0, powers[length] ?? 0)) | 0;
}

function moved<T extends Int32Array | Float64Array>(from: T, { begin, end }: HashedText, into: T): T {
  into.set(from.subarray(begin, end + 1));
  return into;
}

/** The text as `skipsSpace` sees it. */
export function withoutSpace(text: string): string {
  let rest = "";
  let from = 0;
  for (let index = 0; index < text.length; index++) {
    if (!isSpace(text.charCodeAt(index))) continue;
    rest += text.slice(from, index);
    from = index + 1;
  }
  return rest + text.slice(from);
}

/** White space, control characters, and characters without a width. */
function isSpace(code: number): boolean {
  return code <= 0x20 || (code >= 0x7f && isSpaceBeyondAscii(code));
}

function isSpaceBeyondAscii(code: number): boolean {
  if (code <= 0xa0 || code === 0xad) return true;
  if (code < 0x2000) return false;
  if (code <= 0x200f || code === 0x3000 || code === 0xfeff) return true;
  return (code >= 0x2028 && code <= 0x202f) || (code >= 0x205f && code <= 0x206f);
}
