import { HashedText } from "./hashed-text.ts";
import { type PatternSet, UNDECIDED } from "./pattern-set.ts";

/** Characters that are hashed at once, which bounds the memory that a long text takes. */
const SLICE = 16_384;

/** A part of a text, by offsets. */
export interface Match {
  from: number;
  /** After its last character. */
  to: number;
}

/** Finds patterns in a text that comes in pieces. Matches that overlap are one. */
export class MatchFinder {
  readonly #scans: readonly Scan[];
  #matches: Match[] = [];
  #read = 0;

  constructor(sets: readonly PatternSet[]) {
    const bySpace = Map.groupBy(sets, ({ skipsSpace }) => skipsSpace);
    this.#scans = [...bySpace].map(([skipsSpace, group]) => new Scan(new HashedText({ skipsSpace }), group));
  }

  /** Offset of the first character that may still turn out to be in a match that is not known. */
  get decided(): number {
    return this.#scans.reduce((offset, scan) => Math.min(offset, scan.decided), this.#read);
  }

  append(piece: string): void {
    this.#read += piece.length;
    for (const scan of this.#scans) {
      for (let from = 0; from < piece.length; from += SLICE) {
        scan.append(piece.slice(from, from + SLICE));
        this.#matches.push(...scan.take(false));
      }
    }
  }

  /** Decides everything: no more text comes. */
  end(): void {
    for (const scan of this.#scans) this.#matches.push(...scan.take(true));
  }

  /**
   * Removes and returns the matches that no later text can lengthen, in order. `upTo` is the offset of the rest: of a
   * match that is not complete, or of characters that may begin one.
   */
  take(): { matches: Match[]; upTo: number } {
    const { decided } = this;
    const all = joined(this.#matches);
    const open = all.findIndex(({ to }) => to > decided);
    const matches = open === -1 ? all : all.slice(0, open);
    this.#matches = open === -1 ? [] : all.slice(open);
    return { matches, upTo: Math.min(decided, this.#matches[0]?.from ?? decided) };
  }
}

/** A search of a text for the patterns that are compared with it in the same way. */
class Scan {
  readonly #text: HashedText;
  readonly #sets: readonly PatternSet[];

  constructor(text: HashedText, sets: readonly PatternSet[]) {
    this.#text = text;
    this.#sets = sets;
  }

  get decided(): number {
    const { begin, end, read } = this.#text;
    return begin < end ? this.#text.offsetAt(begin) : read;
  }

  append(piece: string): void {
    this.#text.append(piece);
  }

  /** Removes and returns the new matches, joined. `isWhole`: no more text comes. */
  take(isWhole: boolean): Match[] {
    const text = this.#text;
    const matches: Match[] = [];
    for (; text.begin < text.end; text.begin++) {
      const length = this.#longestAt(text.begin, isWhole);
      if (length === UNDECIDED) break;
      if (length === 0) continue;
      const from = text.offsetAt(text.begin);
      const to = text.offsetAt(text.begin + length - 1) + 1;
      addMatch(matches, { from, to });
    }
    return matches;
  }

  #longestAt(start: number, isWhole: boolean): number {
    let longest = 0;
    for (const set of this.#sets) {
      const length = set.longestAt(this.#text, start, isWhole);
      if (length === UNDECIDED) return UNDECIDED;
      if (length > longest) longest = length;
    }
    return longest;
  }
}

function joined(matches: readonly Match[]): Match[] {
  const all: Match[] = [];
  for (const match of matches.toSorted((left, right) => left.from - right.from)) addMatch(all, match);
  return all;
}

/** Adds a match that begins no earlier than those before it, or lengthens the last one that it overlaps. */
function addMatch(matches: Match[], { from, to }: Match): void {
  const last = matches.at(-1);
  if (last !== undefined && from < last.to) last.to = Math.max(to, last.to);
  else matches.push({ from, to });
}
