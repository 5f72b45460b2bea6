/** Letters and digits of all scripts: what hides a word in a longer one need not be ASCII. */
const WORD = String.raw`[\p{L}\p{N}_]`;
const EDGE = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;
/** A letter without regard to case. The Turkish forms have no partner in the case rules of regular expressions. */
const LETTER_I = "[iıİ]";

/** Compiles a pattern in which white space is single, as in the texts that are searched. */
function pattern({ raw }: TemplateStringsArray): RegExp {
  const source = raw.join("").replace(/(?<!\(\?)i/g, LETTER_I);
  return new RegExp(source.replaceAll("\\b", EDGE).replaceAll("\\w", WORD), "iu");
}

/** Signs of high risk in executed texts. Spans are bounded, so that no text makes a search slow. */
export const HIGH_PATTERNS: readonly RegExp[] = [
  pattern`\brm\s(?:-[frR]{2,}|-[rR]\s-f|-f\s-[rR]|--recursive\s--force|--force\s--recursive)\b`,
  pattern`\bsudo\srm\b`,
  pattern`\bmkfs\.\w`,
  pattern`\bdd\b.{0,100}of=/dev/`,
  pattern`\beval\s?\(`,
  pattern`\bexec\s?\(`,
  pattern`\bos\.system\s?\(`,
  pattern`\bsubprocess\.(?:call|run|popen|check_output|check_call)\s?\(`,
  pattern`\b(?:curl|wget)\b[^|]{0,200}\|\s?(?:ba)?sh\b`,
];

/** Signs of medium risk in executed texts. */
export const MEDIUM_PATTERNS: readonly RegExp[] = [pattern`\b(?:curl|wget)\b.{0,100}https?://`];

/** Signs of high risk in any text: attempts to give the agent other instructions. */
export const INJECTION_HIGH_PATTERNS: readonly RegExp[] = [
  pattern`\b(?:ignore|disregard|forget|override|bypass)\s(?:all\s)?(?:previous|prior|above)\s(?:instruction|prompt|rule|directive)s?\b`,
];

/** Signs of medium risk in any text. */
export const INJECTION_MEDIUM_PATTERNS: readonly RegExp[] = [
  pattern`\byou\sare\snow\s(?:in\s)?(?:\w{1,40}\s)?mode\b`,
  pattern`\bpretend\s(?:you\sare|to\sbe)\s(?:a\s)?different\b`,
];
