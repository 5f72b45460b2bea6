/** Weight of an implausible place against a plausible character. */
const PENALTY = 3;

/** Plausibility of a text without characters that say anything. */
const UNKNOWN = 0.3;

/** First of the characters that are punctuation in every script. */
const GENERAL_PUNCTUATION = "\u2000";
/** Stands for bytes without a meaning. */
const REPLACEMENT = "\uFFFD";

const LETTER = /\p{L}|\p{M}/u;
const LOWER = /\p{Ll}/u;
const UPPER = /\p{Lu}/u;
const LATIN = /\p{Script=Latin}/u;

/**
 * Judges from 0 to 1 how much decoded words look like words. Wrongly decoded ones have symbols between their letters,
 * capitals after small letters, and letters of different scripts.
 */
export function plausibility(text: string): number {
  let good = 0;
  let bad = 0;
  let previous = "";
  for (const character of text) {
    if (character > "\x7f" || previous > "\x7f") {
      if (character > "\x7f" && LETTER.test(character)) good += 1;
      if (isImplausible(previous, character)) bad += 1;
    }
    previous = character;
  }
  return good + bad === 0 ? UNKNOWN : good / (good + PENALTY * bad);
}

function isImplausible(previous: string, character: string): boolean {
  if (character === REPLACEMENT) return true;
  if (!LETTER.test(previous)) return false;
  if (!LETTER.test(character)) return character > "\x7f" && character < GENERAL_PUNCTUATION;
  if (LOWER.test(previous) && UPPER.test(character)) return true;
  return LATIN.test(previous) !== LATIN.test(character);
}

/** Whether every letter of a text is Latin. */
export function isLatin(text: string): boolean {
  return ![...text].some((character) => LETTER.test(character) && !LATIN.test(character));
}
