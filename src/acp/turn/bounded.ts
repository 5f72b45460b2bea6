import { isObject } from "../../is-object.ts";
import { MAX_EVENT_CHARACTERS, MAX_EVENT_DEPTH, MAX_EVENT_ENTRIES, MAX_EVENT_TEXT } from "../limits.ts";

const OMISSION = "\n[… the middle of this text was left out because it is too long …]\n";
const LEFT_OUT = "[left out because it is too long]";

/** A text of at most `length` characters: the middle is left out, because both ends say more than either alone. */
export function clipped(text: string, length = MAX_EVENT_TEXT): string {
  if (text.length <= length) return text;
  const kept = length - OMISSION.length;
  const head = Math.ceil(kept / 2);
  return text.slice(0, head) + OMISSION + text.slice(head - kept);
}

/**
 * Copies a value from JSON as far as an event may hold it: long texts are clipped, and what is too much is left out.
 */
export function bounded(value: unknown): unknown {
  return new Budget().copy(value, 0);
}

/** Characters that one value may still have. */
class Budget {
  #left = MAX_EVENT_CHARACTERS;

  copy(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.#text(value);
    if (typeof value !== "object" || value === null) return this.#spend(8) ? value : null;
    if (depth >= MAX_EVENT_DEPTH || !this.#spend(2)) return LEFT_OUT;
    if (Array.isArray(value))
      return value.slice(0, MAX_EVENT_ENTRIES).map((item) => this.copy(item, depth + 1));
    if (!isObject(value)) return null;
    const entries = Object.entries(value).slice(0, MAX_EVENT_ENTRIES);
    return Object.fromEntries(entries.map(([key, item]) => [this.#text(key), this.copy(item, depth + 1)]));
  }

  #text(text: string): string {
    const short = clipped(text);
    return this.#spend(short.length) ? short : LEFT_OUT;
  }

  #spend(characters: number): boolean {
    this.#left -= characters;
    return this.#left >= 0;
  }
}
