import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { firstDifference, show } from "../first-difference.ts";

/** `record` replaces the file, `replay` only reads it, `auto` adds what is missing. */
export type CassetteMode = "record" | "replay" | "auto";

interface Entry {
  request: unknown;
  reply: unknown;
}

/** Replies in a JSON file, looked up by request. */
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
   * Finds the reply to an equal request. Repeated requests get the recorded replies in order, then the last one again.
   * Returns undefined for a request that should be recorded. Throws in mode `replay` if there is none.
   */
  find(request: unknown): { reply: unknown } | undefined {
    if (this.#mode === "record") return undefined;
    const key = JSON.stringify(request);
    const entries = this.#entries.filter((candidate) => JSON.stringify(candidate.request) === key);
    const turn = this.#played.get(key) ?? 0;
    this.#played.set(key, turn + 1);
    const entry = entries[Math.min(turn, entries.length - 1)];
    if (entry === undefined && this.#mode === "replay") throw this.#miss(request);
    return entry;
  }

  /** Adds a reply. Resolves once it is written. */
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
      `${head}. The nearest of ${this.#entries.length} is number ${nearest.index + 1}; they differ at ${difference?.path}:\n` +
        `  recorded:  ${show(difference?.expected, 500)}\n` +
        `  requested: ${show(difference?.actual, 500)}\n` +
        'Record it again with mode "record", or add it with mode "auto".',
    );
  }
}

function read(path: string, mode: CassetteMode): Entry[] {
  if (!existsSync(path)) {
    if (mode === "auto") return [];
    throw new Error(`${path}: this cassette does not exist; record it with mode "record" or "auto"`);
  }
  const { version, entries } = JSON.parse(readFileSync(path, "utf8")) as {
    version: number;
    entries: Entry[];
  };
  if (version !== 1 || !Array.isArray(entries)) throw new Error(`${path}: expected a cassette of version 1`);
  return entries;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Counts the leaves in which two values differ. */
function distance(one: unknown, other: unknown): number {
  const left = leaves(one);
  const right = leaves(other);
  let count = 0;
  for (const [path, value] of left) if (right.get(path) !== value) count += 1;
  for (const path of right.keys()) if (!left.has(path)) count += 1;
  return count;
}

function leaves(value: unknown, path = "", result = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return result.set(path, value);
  for (const [key, below] of Object.entries(value)) leaves(below, `${path}/${key}`, result);
  return result;
}
