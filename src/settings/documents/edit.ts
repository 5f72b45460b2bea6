import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { DocumentChange, DocumentStore, StoredDocument } from "../../stores/documents.ts";
import type { Collection, Document } from "./collection.ts";
import type { DocumentReader } from "./document-reader.ts";
import { type ParsedDocument, parseDocument } from "./parse-document.ts";
import { sealJson } from "./sealing.ts";

export interface EditParts {
  store: DocumentStore;
  reader: DocumentReader;
  cipher: Cipher | undefined;
}

/**
 * Changes of several documents that are made together. Each is made only if the document is still as this edit read it.
 * A read that is followed by no change of that document is not checked; `touch` makes it so.
 */
export class Edit {
  readonly #parts: EditParts;
  readonly #read = new Map<string, StoredDocument | null>();
  readonly #changes = new Map<string, DocumentChange>();

  constructor(parts: EditParts) {
    this.#parts = parts;
  }

  /** The document as it is stored, without the changes of this edit. */
  async read<T>(collection: Collection<T>, name: string): Promise<Document<T> | null> {
    const stored = await this.#stored(collection, name);
    return stored === null ? null : this.#parts.reader.parse(collection, stored);
  }

  /** The documents as they are stored, by name. One that is changed later is compared with what the list had. */
  async list<T>(collection: Collection<T>): Promise<Document<T>[]> {
    const all = await this.#parts.store.list(collection.kind);
    for (const stored of all) {
      const place = placeOf(collection, stored.name);
      if (!this.#read.has(place)) this.#read.set(place, stored);
    }
    return all.map((stored) => this.#parts.reader.parse(collection, stored));
  }

  /**
   * Writes a document. Secrets of the stored one that no key opens stay, where `value` has none in their place.
   * `former` names the document whose such secrets are kept when it is another, as for a new name.
   *
   * @throws AgentServerError `conflict` when the stored document is damaged: it would be lost.
   */
  async put<T>(
    collection: Collection<T>,
    name: string,
    value: T,
    { former = name }: { former?: string } = {},
  ): Promise<void> {
    await this.#sound(collection, name);
    const kept = await this.#sound(collection, former);
    const json = JSON.stringify(sealJson(value, this.#parts.cipher, kept?.opened));
    this.#change(collection, name, json);
  }

  /**
   * Writes a document as another server has stored it, with the secrets that no key opens as they are. Returns what it
   * says; a damaged one is not written. Null when there is one of that name, which stays.
   */
  async adopt<T>(collection: Collection<T>, name: string, json: string): Promise<Document<T> | null> {
    if ((await this.#stored(collection, name)) !== null) return null;
    const { cipher } = this.#parts;
    const { document, opened } = parseDocument(collection, { name, json }, cipher);
    if (document.damage !== null) return document;
    this.#change(collection, name, JSON.stringify(sealJson(document.value, cipher, opened)));
    return document;
  }

  /** Removes a document, also one that is damaged. One that does not exist is fine. */
  async remove(collection: Collection<unknown>, name: string): Promise<void> {
    await this.#stored(collection, name);
    this.#change(collection, name, null);
  }

  /**
   * Lets the edit count as a change of a document: it fails if another changes that, and another fails if it read that
   * before. A document that does not exist must not exist in the end, either.
   */
  async touch(collection: Collection<unknown>, name: string): Promise<void> {
    const stored = await this.#stored(collection, name);
    if (!this.#changes.has(placeOf(collection, name))) this.#change(collection, name, stored?.json ?? null);
  }

  /** Makes the changes. False when another writer was faster; nothing is changed then. */
  async commit(): Promise<boolean> {
    if (this.#changes.size === 0) return true;
    return (await this.#parts.store.write([...this.#changes.values()])) === "written";
  }

  async #stored({ kind }: Collection<unknown>, name: string): Promise<StoredDocument | null> {
    const place = placeOf({ kind }, name);
    const before = this.#read.get(place);
    if (before !== undefined) return before;
    const stored = await this.#parts.store.read(kind, name);
    this.#read.set(place, stored);
    return stored;
  }

  async #sound<T>(collection: Collection<T>, name: string): Promise<ParsedDocument<T> | undefined> {
    const stored = await this.#stored(collection, name);
    if (stored === null) return undefined;
    const parsed = parseDocument(collection, stored, this.#parts.cipher);
    if (parsed.document.damage !== null) throw damaged(collection, name);
    return parsed;
  }

  #change({ kind }: Collection<unknown>, name: string, json: string | null): void {
    const place = placeOf({ kind }, name);
    const expected = this.#read.get(place)?.revision ?? null;
    this.#changes.set(place, { kind, name, json, expected });
  }
}

function placeOf({ kind }: { kind: string }, name: string): string {
  return `${kind}\0${name}`;
}

function damaged({ label }: Collection<unknown>, name: string): AgentServerError {
  return new AgentServerError("conflict", `The stored ${label} '${name}' is damaged and was left as it is`);
}
