import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/**
 * A file that takes the output which is too long to show. It is written as the output comes, so that memory holds
 * none of it, and bears the hash of its contents in its name at the end, so that the same output is kept once.
 * A disk that is full or not writable costs the file and nothing else.
 */
export class SpillFile {
  readonly #directory: string;
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #hash = createHash("sha256");
  #descriptor: number | null = null;
  #size = 0;
  #complete = true;

  constructor(directory: string, maxBytes: number) {
    this.#directory = directory;
    this.#path = join(directory, `.unfinished-${crypto.randomUUID()}`);
    this.#maxBytes = maxBytes;
    this.#attempt(() => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#descriptor = openSync(this.#path, "wx", 0o600);
    });
  }

  /** False when something had to be left out. */
  get complete(): boolean {
    return this.#complete;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size + bytes.length > this.#maxBytes) this.#complete = false;
    if (this.#descriptor === null || !this.#complete) return;
    const descriptor = this.#descriptor;
    this.#attempt(() => writeSync(descriptor, bytes));
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  /** Gives the file its name, `<prefix><first 8 of the SHA-256>.txt`. The path, or null when there is no file. */
  finish(prefix: string): string | null {
    if (!this.#close()) return null;
    const path = join(this.#directory, `${prefix}${this.#hash.digest("hex").slice(0, 8)}.txt`);
    return this.#attempt(() => renameSync(this.#path, path)) ? path : null;
  }

  /** Removes what was written. */
  discard(): void {
    if (this.#close()) this.#attempt(() => rmSync(this.#path, { force: true }));
  }

  #close(): boolean {
    if (this.#descriptor === null) return false;
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    return this.#attempt(() => closeSync(descriptor));
  }

  #attempt(step: () => void): boolean {
    try {
      step();
      return true;
    } catch {
      this.#complete = false;
      return false;
    }
  }
}
