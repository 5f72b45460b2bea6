import { setImmediate } from "node:timers/promises";
import { withoutSpace } from "./hashed-text.ts";
import { type Match, MatchFinder } from "./match-finder.ts";
import { PatternSet } from "./pattern-set.ts";
import { spellingsOf } from "./spellings.ts";

/** Replaces a secret value in everything that models and clients see. Clients know this text. */
export const SECRET_MASK = "<secret-hidden>";

/** Characters that a value needs to be found in every spelling. White space does not count. */
const MIN_SPELLED = 8;
/** Characters of values that are spelled between two pauses. */
const STEP = 2_048;
/** Characters of a text that are masked between two pauses. */
const SLICE = 65_536;

/**
 * Hides a set of values in texts, in time linear in the text. A value of 8 characters and more is found with any white
 * space in it, and escaped for JSON or URLs, in hex, and in Base64 at any place of a longer text. A shorter one is
 * found as it is. Where values overlap, all of them are hidden behind one mask.
 */
export class SecretMask {
  /** A mask without values. */
  static readonly empty = new SecretMask([]);

  /** Patterns of the values. Those of 8 characters and more are compared without white space. */
  readonly patterns: readonly PatternSet[];

  private constructor(patterns: readonly PatternSet[]) {
    this.patterns = patterns;
  }

  /** Prepares a mask without a pause: for few values. */
  static of(values: Iterable<string>): SecretMask {
    const steps = prepare(values);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return new SecretMask(step.value);
  }

  /** Prepares a mask in small steps between which everything else goes on. */
  static async prepare(values: Iterable<string>): Promise<SecretMask> {
    const steps = prepare(values);
    let step = steps.next();
    for (; !step.done; step = steps.next()) await setImmediate();
    return new SecretMask(step.value);
  }

  /** Joins masks into one that hides what any of them hides. */
  static combined(masks: readonly SecretMask[]): SecretMask {
    return new SecretMask(masks.flatMap(({ patterns }) => patterns));
  }

  /** True when there is nothing to hide. */
  get isEmpty(): boolean {
    return this.patterns.length === 0;
  }

  /** This mask without values of fewer than 8 characters, which could be words that programs compare. */
  get withoutShortValues(): SecretMask {
    return new SecretMask(this.patterns.filter(({ skipsSpace }) => skipsSpace));
  }

  /** Hides every value in a text. Returns the same text when it has none. */
  mask(text: string): string {
    if (this.isEmpty || text === "") return text;
    const finder = new MatchFinder(this.patterns);
    finder.append(text);
    finder.end();
    return replaced(text, finder.take().matches);
  }

  /** Hides every value in a text of any length. Pauses every 64 Ki characters, so that everything else goes on. */
  async maskLong(text: string): Promise<string> {
    if (this.isEmpty || text.length <= SLICE) return this.mask(text);
    const finder = new MatchFinder(this.patterns);
    for (let from = 0; from < text.length; from += SLICE) {
      finder.append(text.slice(from, from + SLICE));
      await setImmediate();
    }
    finder.end();
    return replaced(text, finder.take().matches);
  }
}

function* prepare(values: Iterable<string>): Generator<void, PatternSet[]> {
  const exact = new Set<string>();
  const spelled = new Set<string>();
  let characters = 0;
  for (const value of new Set(values)) {
    characters += value.length;
    if (characters > STEP) {
      yield;
      characters = 0;
    }
    const visible = withoutSpace(value);
    if (visible.length >= MIN_SPELLED)
      for (const spelling of spellingsOf(value)) spelled.add(withoutSpace(spelling));
    else if (visible !== "") exact.add(value.trim());
  }
  keepMasksWhole(exact);
  keepMasksWhole(spelled);
  return [
    ...(exact.size > 0 ? [yield* PatternSet.build(exact, { skipsSpace: false })] : []),
    ...(spelled.size > 0 ? [yield* PatternSet.build(spelled, { skipsSpace: true })] : []),
  ];
}

/** Makes the mask a pattern where a value is part of it, or that value would be found in a text that is masked. */
function keepMasksWhole(patterns: Set<string>): void {
  for (const pattern of patterns) {
    if (!SECRET_MASK.includes(pattern)) continue;
    patterns.add(SECRET_MASK);
    return;
  }
}

function replaced(text: string, matches: readonly Match[]): string {
  if (matches.length === 0) return text;
  let masked = "";
  let end = 0;
  for (const { from, to } of matches) {
    masked += text.slice(end, from) + SECRET_MASK;
    end = to;
  }
  return masked + text.slice(end);
}
