import { SECRET_MASK, secretPattern } from "../../secrets/mask-secrets.ts";

/**
 * Replaces secret values in text that comes in pieces. The end of what came is held back as long as it could be the
 * beginning of a value, so that one split over two pieces is found.
 */
export class StreamMask {
  #pattern: RegExp | null = null;
  #longest = 0;
  #held = "";

  /** The values from here on. What is held back is looked at with these. */
  setValues(values: readonly string[]): void {
    // As a terminal shows them. A key file ends in a line break but is often printed without.
    const shown = values.map((value) => value.replaceAll("\r\n", "\n").trim());
    this.#longest = Math.max(0, ...shown.map((value) => value.length));
    this.#pattern = secretPattern(shown);
  }

  /** What is certain now. */
  push(text: string): string {
    const { out, rest } = this.#split(this.#held + text);
    this.#held = rest;
    return out;
  }

  /** What `text` would look like after all that came before, without taking it in. */
  preview(text: string): string {
    return this.whole(this.#held + text);
  }

  /** A text that stands for itself. */
  whole(text: string): string {
    return this.#pattern === null ? text : text.replace(this.#pattern, SECRET_MASK);
  }

  /** The rest, when nothing more comes. */
  end(): string {
    const rest = this.whole(this.#held);
    this.#held = "";
    return rest;
  }

  #split(text: string): { out: string; rest: string } {
    if (this.#pattern === null) return { out: text, rest: "" };
    // From here on a longer value than the one found could still begin.
    const certain = Math.max(0, text.length - this.#longest + 1);
    let out = "";
    let last = 0;
    for (const match of text.matchAll(this.#pattern)) {
      if (match.index >= certain) break;
      out += text.slice(last, match.index) + SECRET_MASK;
      last = match.index + match[0].length;
    }
    const end = Math.max(last, certain);
    return { out: out + text.slice(last, end), rest: text.slice(end) };
  }
}
