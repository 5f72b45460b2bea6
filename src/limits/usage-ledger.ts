import { messageOf } from "../errors.ts";
import { isObject } from "../is-object.ts";
import type { Logger } from "../logger.ts";
import type { DocumentStore } from "../stores/documents.ts";
import { digestOf } from "./client.ts";
import { added, currentUsage, isPast, type Usage, type UsageWindow, type Used } from "./usage-windows.ts";

/** Kind of the documents. Each has the accounts whose digests begin alike. */
const KIND = "client-usage";
/** Characters of a digest that name its document: there are 256. */
const PREFIX = 2;
/** Accounts of a document. Past it the one that has used the least is forgotten. */
const MAX_ACCOUNTS = 2_000;
/** Attempts to write a document that other servers write, too. */
const ATTEMPTS = 20;

export interface UsageLedgerOptions {
  documents: Pick<DocumentStore, "read" | "write">;
  logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Accounts of a document by the digest of their names. */
type Page = Record<string, Usage>;

/**
 * Keeps what accounts have used in the current hour and day, for all servers of a store. Servers add to it as soon as a
 * call of a model has ended; what cannot be stored counts here, and is stored later.
 */
export class UsageLedger {
  readonly #options: UsageLedgerOptions;
  /** Uses that are not stored yet, by the digests of accounts. */
  #waiting = new Map<string, Used>();
  #writing: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: UsageLedgerOptions) {
    this.#options = options;
  }

  /** Adds to an account. Nothing waits for it; `flushed` does. */
  add(account: string, { tokens, cost }: Used): void {
    const digest = digestOf(account);
    const waiting = this.#waiting.get(digest) ?? { tokens: 0, cost: 0 };
    this.#waiting.set(digest, { tokens: waiting.tokens + tokens, cost: waiting.cost + cost });
    this.#writing ??= this.#write();
  }

  /** Resolves when what was added so far is stored, or could not be. Never rejects. */
  async flushed(): Promise<void> {
    if (this.#writing === undefined && this.#waiting.size > 0) this.#writing = this.#write();
    await this.#writing;
  }

  /** Resolves with the use of an account in the hour and the day of this moment, on all servers. */
  async usage(account: string): Promise<Usage> {
    await this.flushed();
    const digest = digestOf(account);
    const { page } = await this.#read(digest.slice(0, PREFIX));
    const usage = currentUsage(page[digest], this.#options.now());
    const waiting = this.#waiting.get(digest);
    return waiting === undefined ? usage : added(usage, waiting);
  }

  async #write(): Promise<void> {
    // What is added in this turn is written together.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batch = this.#waiting;
      this.#waiting = new Map();
      const failures: unknown[] = [];
      for (const [name, uses] of pagesOf(batch)) {
        await this.#change(name, uses).catch((error: unknown) => {
          failures.push(error);
          this.#putBack(uses);
        });
      }
      this.#report(failures);
      if (failures.length > 0) break;
    }
    this.#writing = undefined;
  }

  #putBack(uses: ReadonlyMap<string, Used>): void {
    for (const [digest, { tokens, cost }] of uses) {
      const waiting = this.#waiting.get(digest) ?? { tokens: 0, cost: 0 };
      this.#waiting.set(digest, { tokens: waiting.tokens + tokens, cost: waiting.cost + cost });
    }
  }

  /** Once for each time in which the store refuses. */
  #report(failures: readonly unknown[]): void {
    const isFailing = failures.length > 0;
    if (isFailing && !this.#isFailing) {
      const error = messageOf(failures[0]);
      this.#options.logger.error({ error }, "The use of clients cannot be stored; it counts on this server");
    }
    this.#isFailing = isFailing;
  }

  async #change(name: string, uses: ReadonlyMap<string, Used>): Promise<void> {
    const { documents, now } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { page, revision: expected } = await this.#read(name);
      const moment = now();
      for (const [digest, used] of uses) page[digest] = added(currentUsage(page[digest], moment), used);
      const json = JSON.stringify(withoutPast(page, moment));
      if ((await documents.write([{ kind: KIND, name, json, expected }])) === "written") return;
    }
    throw new Error("other servers were faster each time");
  }

  async #read(name: string): Promise<{ page: Page; revision: number | null }> {
    const document = await this.#options.documents.read(KIND, name);
    return { page: pageIn(document?.json), revision: document?.revision ?? null };
  }
}

function pagesOf(uses: ReadonlyMap<string, Used>): Map<string, Map<string, Used>> {
  const pages = new Map<string, Map<string, Used>>();
  for (const [digest, used] of uses) {
    const name = digest.slice(0, PREFIX);
    pages.set(name, (pages.get(name) ?? new Map()).set(digest, used));
  }
  return pages;
}

function withoutPast(page: Page, now: number): Page {
  const kept = Object.entries(page).filter(([, usage]) => !isPast(usage, now));
  if (kept.length <= MAX_ACCOUNTS) return Object.fromEntries(kept);
  return Object.fromEntries(kept.sort(([, a], [, b]) => b.day.tokens - a.day.tokens).slice(0, MAX_ACCOUNTS));
}

/** Reads a document; entries that are damaged count nothing. */
function pageIn(json: string | undefined): Page {
  try {
    const value: unknown = JSON.parse(json ?? "{}");
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, Usage] => isUsage(entry[1])),
    );
  } catch {
    return {};
  }
}

function isUsage(value: unknown): value is Usage {
  return isObject(value) && isWindow(value.hour) && isWindow(value.day);
}

function isWindow(value: unknown): value is UsageWindow {
  if (!isObject(value)) return false;
  return [value.from, value.tokens, value.cost].every((figure) => Number.isFinite(figure));
}
