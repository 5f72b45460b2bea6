/** Stands around what a shell says about itself. */
const FENCE = "\x1e";

/** A part of what a shell prints: output, or a report. */
export type ShellPart = { kind: "text"; text: string } | { kind: "report"; fields: readonly string[] };

/** Bash that prints a report: fields that are words of bash, the first one a name. */
export function reportCommand(nonce: string, words: readonly string[]): string {
  const format = words.map(() => "%s").join("\\x1f");
  return `printf '\\x1e${nonce}\\x1f${format}\\x1e' ${words.join(" ")} >&7`;
}

/** Separates the reports of a shell from its output, however both arrive. A program cannot guess the nonce. */
export class ShellReports {
  readonly #start: string;
  #held = "";

  constructor(nonce: string) {
    this.#start = `${FENCE}${nonce}\x1f`;
  }

  push(text: string): ShellPart[] {
    this.#held += text;
    const parts: ShellPart[] = [];
    for (;;) {
      const at = this.#held.indexOf(this.#start);
      if (at === -1) break;
      const end = this.#held.indexOf(FENCE, at + this.#start.length);
      if (at > 0) parts.push({ kind: "text", text: this.#held.slice(0, at) });
      if (end === -1) {
        this.#held = this.#held.slice(at);
        return parts;
      }
      const fields = this.#held.slice(at + this.#start.length, end).split("\x1f");
      parts.push({ kind: "report", fields });
      this.#held = this.#held.slice(end + 1);
    }
    const kept = this.#keptLength();
    const shown = this.#held.slice(0, this.#held.length - kept);
    this.#held = this.#held.slice(this.#held.length - kept);
    if (shown !== "") parts.push({ kind: "text", text: shown });
    return parts;
  }

  /** Returns the rest when the shell has ended. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Length of an end that may be the beginning of a report. */
  #keptLength(): number {
    const longest = Math.min(this.#start.length - 1, this.#held.length);
    for (let length = longest; length > 0; length--) {
      if (this.#start.startsWith(this.#held.slice(-length))) return length;
    }
    return 0;
  }
}
