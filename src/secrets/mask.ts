/** What a secret becomes in the output of tools. */
export const HIDDEN = "<secret-hidden>";

export interface Masker {
  mask(text: string): string;
  /** For output that comes in pieces: finds secrets that are split between them. */
  stream(): MaskStream;
}

export interface MaskStream {
  /** The masked text that is certain by now. The rest, shorter than the longest secret, is held back. */
  push(chunk: string): string;
  /** What was held back. */
  end(): string;
}

/** Hides these values in text. Where one begins with another, the longer one is hidden. */
export function createMasker(values: Iterable<string>): Masker {
  const secrets = [...new Set([...values].flatMap(spellings))].sort(
    (left, right) => right.length - left.length,
  );
  if (secrets.length === 0)
    return { mask: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => "" }) };
  const pattern = new RegExp(secrets.map(toPattern).join("|"), "g");
  const mask = (text: string) => text.replace(pattern, HIDDEN);
  return { mask, stream: () => new HoldingStream(secrets, pattern) };
}

class HoldingStream implements MaskStream {
  readonly #secrets: readonly string[];
  readonly #pattern: RegExp;
  #held = "";

  constructor(secrets: readonly string[], pattern: RegExp) {
    this.#secrets = secrets;
    this.#pattern = new RegExp(pattern);
  }

  push(chunk: string): string {
    const text = this.#held + chunk;
    let masked = "";
    let position = 0;
    for (;;) {
      const open = this.#openFrom(text, position);
      this.#pattern.lastIndex = position;
      const match = this.#pattern.exec(text);
      // From `open` on, more text may make a secret, or a longer one.
      if (match === null || match.index >= open) {
        this.#held = text.slice(open);
        return masked + text.slice(position, open);
      }
      masked += text.slice(position, match.index) + HIDDEN;
      position = match.index + match[0].length;
    }
  }

  end(): string {
    const rest = this.#held.replace(this.#pattern, HIDDEN);
    this.#held = "";
    return rest;
  }

  /** Where the text, from `position` on, ends in the beginning of a secret; its end when it does not. */
  #openFrom(text: string, position: number): number {
    const longest = this.#secrets[0]?.length ?? 0;
    for (let start = Math.max(position, text.length - longest + 1); start < text.length; start++) {
      const length = text.length - start;
      const first = text.charCodeAt(start);
      const open = (secret: string) =>
        secret.length > length && secret.charCodeAt(0) === first && text.endsWith(secret.slice(0, length));
      if (this.#secrets.some(open)) return start;
    }
    return text.length;
  }
}

/** Terminals print line ends as CR LF. */
function spellings(value: string): string[] {
  if (value.trim() === "") return [];
  return value.includes("\n") ? [value, value.replaceAll(/\r?\n/g, "\r\n")] : [value];
}

function toPattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
