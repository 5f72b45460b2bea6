import type { Logger } from "../../logger.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { StoredDocument } from "../../stores/documents.ts";
import type { Collection, Document } from "./collection.ts";
import { parseDocument } from "./parse-document.ts";

/** Documents whose faults are remembered. Past that, a fault may be logged again. */
const MAX_REPORTED = 1_000;

/** Parses stored documents, and logs each fault once for as long as the document stays the same. */
export class DocumentReader {
  readonly #cipher: Cipher | undefined;
  readonly #logger: Logger;
  readonly #reported = new Map<string, number>();

  constructor(cipher: Cipher | undefined, logger: Logger) {
    this.#cipher = cipher;
    this.#logger = logger;
  }

  parse<T>(collection: Collection<T>, stored: StoredDocument): Document<T> {
    const { document } = parseDocument(collection, stored, this.#cipher);
    if (document.damage !== null || document.lost.length > 0) this.#report(collection, stored, document);
    return document;
  }

  #report(
    { kind, label }: Collection<unknown>,
    { name, revision }: StoredDocument,
    { damage, lost }: Document<unknown>,
  ): void {
    const place = `${kind}\0${name}`;
    if (this.#reported.get(place) === revision) return;
    if (this.#reported.size >= MAX_REPORTED) this.#reported.clear();
    this.#reported.set(place, revision);
    if (damage !== null) this.#logger.warn({ name, reason: damage }, `A stored ${label} cannot be read`);
    else this.#logger.warn({ name, secrets: lost }, `Secrets of a stored ${label} are of another secret key`);
  }
}
