import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { firstDifference, show } from "../first-difference.ts";

/** `record` makes the file anew, `replay` never asks anybody, `auto` records only what the file does not have. */
export type CassetteMode = "record" | "replay" | "auto";

interface Entry {
  request: unknown;
  reply: unknown;
}

/** Recorded replies in a JSON file, found by the request that they answered. */
export class Tape {
  readonly #path: string;
  readonly #mode: CassetteMode;
  readonly #entries: Entry[];
  readonly #played = new Map<string, number>();
  #saving: Promise<void> = Promise.resolve();

  constructor(path: string, mode: CassetteMode) {
    this.#path = path;
    this.#mode = mode;
    this.#entries = mode === "record" ? [] : read(path, mode);
  }

  /**
   * The reply recorded for an equal request: the next one when it was asked more than once, then the last again.
   * Undefined when the request is to be recorded; throws when it is neither recorded nor to be.
   */
  find(request: unknown): { reply: unknown } | undefined {
    if (this.#mode === "record") return undefined;
    const key = JSON.stringify(request);
    const found = this.#entries.filter((entry) => JSON.stringify(entry.request) === key);
    const turn = this.#played.get(key) ?? 0;
    this.#played.set(key, turn + 1);
    const entry = found[Math.min(turn, found.length - 1)];
    if (entry === undefined && this.#mode === "replay") throw this.#miss(request);
    return entry;
  }

  /** Resolves when the file has it. */
  add(request: unknown, reply: unknown): Promise<void> {
    this.#entries.push({ request, reply });
    const text = `${JSON.stringify({ version: 1, entries: this.#entries }, null, 1)}\n`;
    this.#saving = this.#saving.catch(() => undefined).then(() => write(this.#path, text));
    return this.#saving;
  }

  #miss(request: unknown): Error {
    const nearest = this.#entries
      .map((entry, index) => ({ entry, index, distance: distance(entry.request, request) }))
      .sort((left, right) => left.distance - right.distance)[0];
    const head = `${this.#path} has no reply to this request`;
    if (nearest === undefined) return new Error(`${head}; it is empty`);
    const difference = firstDifference(nearest.entry.request, request);
    return new Error(
      `${head}. The nearest of ${this.#entries.length} is number ${nearest.index + 1}; they part at ${difference?.path}:\n` +
        `  recorded: ${show(difference?.expected, 500)}\n` +
        `  asked:    ${show(difference?.actual, 500)}\n` +
        'Record it again with mode "record", or add it with mode "auto".',
    );
  }
}

function read(path: string, mode: CassetteMode): Entry[] {
  if (!existsSync(path)) {
    if (mode === "auto") return [];
    throw new Error(`${path}: there is no cassette to replay; record one with mode "record" or "auto"`);
  }
  const { version, entries } = JSON.parse(readFileSync(path, "utf8")) as {
    version: number;
    entries: Entry[];
  };
  if (version !== 1 || !Array.isArray(entries)) throw new Error(`${path}: no cassette of this version`);
  return entries;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** In how many leaves two values differ. */
function distance(one: unknown, other: unknown): number {
  const left = leaves(one);
  const right = leaves(other);
  let count = 0;
  for (const [path, value] of left) if (right.get(path) !== value) count += 1;
  for (const path of right.keys()) if (!left.has(path)) count += 1;
  return count;
}

function leaves(value: unknown, path = "", found = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return found.set(path, value);
  for (const [key, below] of Object.entries(value)) leaves(below, `${path}/${key}`, found);
  return found;
}
