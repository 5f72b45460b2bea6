/** The expansions that the shell would make of the unquoted characters of a word. */
export interface Expansion {
  /** Whether the word is a pattern of file names, such as `*.ts`. */
  isPattern: boolean;
  /** Whether the word stands for several, such as `{a,b}`. */
  isBraced: boolean;
}

/** Characters that a backslash escapes inside double quotes. */
export const ESCAPABLE_IN_QUOTES: ReadonlySet<string> = new Set('$`"\\');

/** Reads the unquoted pattern and brace syntax of a word as it is written. */
export function expansionOf(word: string): Expansion {
  const reader = new WordReader();
  for (const character of unquoted(word)) reader.take(character);
  return { isPattern: reader.isPattern, isBraced: reader.isBraced };
}

/** Whether a word as it is written may become several words, or none. */
export function mayMultiply(word: string): boolean {
  const { isPattern, isBraced } = expansionOf(word);
  return isPattern || isBraced;
}

/** Yields the characters outside quotes. `..` comes as one, because it makes a sequence of braces. */
function* unquoted(word: string): Generator<string> {
  let index = 0;
  while (index < word.length) {
    const character = word.charAt(index);
    if (character === "'" || character === '"') {
      index = endOfQuote(word, index, character);
    } else if (character === "\\") {
      index += 2;
    } else {
      yield word.startsWith("..", index) ? ".." : character;
      index += 1;
    }
  }
}

/** Position after the quote that opens at `start`. */
function endOfQuote(word: string, start: number, quote: string): number {
  let index = start + 1;
  while (index < word.length && word.charAt(index) !== quote) {
    const escaped = word.charAt(index + 1);
    const isEscape = quote === '"' && word.charAt(index) === "\\" && index + 1 < word.length;
    index += isEscape && (ESCAPABLE_IN_QUOTES.has(escaped) || escaped === "\n") ? 2 : 1;
  }
  return index + 1;
}

class WordReader {
  isPattern = false;
  isBraced = false;
  #bracketIsOpen = false;
  /** The open braces: whether each has a comma or `..`. */
  readonly #braces: boolean[] = [];

  take(character: string): void {
    switch (character) {
      case "*":
      case "?":
        this.isPattern = true;
        break;
      case "[":
        this.#bracketIsOpen = true;
        break;
      case "]":
        this.isPattern ||= this.#bracketIsOpen;
        this.#bracketIsOpen = false;
        break;
      case "{":
        this.#braces.push(false);
        break;
      case "}":
        this.isBraced = this.#braces.pop() === true || this.isBraced;
        break;
      case ",":
      case "..":
        if (this.#braces.length > 0) this.#braces[this.#braces.length - 1] = true;
        break;
    }
  }
}
