import { setTimeout } from "node:timers/promises";
import { AgentServerError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { DocumentStore } from "../../stores/documents.ts";
import type { Collection, Document } from "./collection.ts";
import { DocumentReader } from "./document-reader.ts";
import { Edit } from "./edit.ts";

/** Attempts at an edit. Only writers in other servers make a second one necessary. */
const MAX_ATTEMPTS = 30;
/** Maximum milliseconds between two attempts. */
const MAX_PAUSE = 50;
/** Edits that may wait for their turn. */
const MAX_WAITING = 1_000;

export interface DocumentsOptions {
  store: DocumentStore;
  /** Seals the secrets. Without one they are stored in clear, as the reference does. */
  cipher: Cipher | undefined;
  logger: Logger;
}

/** Reads and writes typed documents. Their secrets are sealed in the store and in clear here. */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #reader: DocumentReader;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: DocumentsOptions) {
    this.#options = options;
    this.#reader = new DocumentReader(options.cipher, options.logger);
  }

  /** Whether secrets are sealed. */
  get isSealed(): boolean {
    return this.#options.cipher !== undefined;
  }

  /** The document, or null. A damaged one says so. */
  async read<T>(collection: Collection<T>, name: string): Promise<Document<T> | null> {
    const stored = await this.#options.store.read(collection.kind, name);
    return stored === null ? null : this.#reader.parse(collection, stored);
  }

  /** Every document of a collection by name, damaged ones included. */
  async list<T>(collection: Collection<T>): Promise<Document<T>[]> {
    const all = await this.#options.store.list(collection.kind);
    return all.map((stored) => this.#reader.parse(collection, stored));
  }

  /**
   * Makes several changes together, or none when `work` throws. Edits of this server are made one after the other, so
   * `work` must not wait for another edit, nor for anything slow. It is called again when another server was faster.
   *
   * @throws AgentServerError `unavailable` when other writers were faster each time, or too many edits wait.
   */
  async edit<R>(work: (edit: Edit) => Promise<R>): Promise<R> {
    if (this.#waiting >= MAX_WAITING) throw busy();
    this.#waiting += 1;
    const turn = this.#last.then(() => this.#attempt(work));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Writes what `change` makes of a document. Returns the new value; null removes it. Otherwise as `edit`. */
  update<T, N extends T | null>(
    collection: Collection<T>,
    name: string,
    change: (current: Document<T> | null) => N,
  ): Promise<N> {
    return this.edit(async (edit) => {
      const next = change(await edit.read(collection, name));
      if (next === null) await edit.remove(collection, name);
      else await edit.put(collection, name, next as T);
      return next;
    });
  }

  async #attempt<R>(work: (edit: Edit) => Promise<R>): Promise<R> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const edit = new Edit({ ...this.#options, reader: this.#reader });
      const result = await work(edit);
      if (await edit.commit()) return result;
      await setTimeout(Math.random() * Math.min(MAX_PAUSE, 2 ** attempt));
    }
    throw busy();
  }
}

function busy(): AgentServerError {
  return new AgentServerError("unavailable", "Other requests are changing the same data. Please retry.");
}
