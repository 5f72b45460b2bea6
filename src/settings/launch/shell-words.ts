/**
 * Splits a command as a POSIX shell does, without expanding anything.
 *
 * @throws RangeError for a quotation that does not end.
 */
export function shellWords(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at] ?? "";
    if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (character === "'" || character === '"')) {
      quote = character;
      word ??= "";
    } else if (character === quote) {
      quote = null;
    } else if (character === "\\" && quote !== "'") {
      const next = command[at + 1];
      if (next === undefined) throw new RangeError("No escaped character");
      // Within double quotes a backslash stays before characters that mean nothing special there.
      word = (word ?? "") + (quote === '"' && !'"\\'.includes(next) ? character + next : next);
      at += 1;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== null) throw new RangeError("No closing quotation");
  return word === null ? words : [...words, word];
}
