import {
  assertDocumentChanges,
  assertDocumentRoom,
  type DocumentChange,
  type DocumentOutcome,
  type DocumentStore,
  type DocumentTotals,
  type StoredDocument,
} from "../documents.ts";

/** Documents in memory. */
export class MemoryDocuments implements DocumentStore {
  readonly #kinds = new Map<string, Map<string, StoredDocument>>();
  readonly #assertOpen: () => void;
  #revision = 0;

  /** `assertOpen` throws when the store is closed. */
  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen;
  }

  async read(kind: string, name: string): Promise<StoredDocument | null> {
    const found = this.#of(kind).get(name);
    return found === undefined ? null : { ...found };
  }

  async list(kind: string): Promise<StoredDocument[]> {
    const all = [...this.#of(kind).values()].map((document) => ({ ...document }));
    return all.sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name)));
  }

  async write(changes: readonly DocumentChange[]): Promise<DocumentOutcome> {
    this.#assertOpen();
    assertDocumentChanges(changes);
    const isExpected = ({ kind, name, expected }: DocumentChange) =>
      (this.#of(kind).get(name)?.revision ?? null) === expected;
    if (!changes.every(isExpected)) return "conflict";
    for (const [kind, ofKind] of Map.groupBy(changes, (change) => change.kind))
      this.#assertRoom(kind, ofKind);
    for (const change of changes) this.#apply(change);
    return "written";
  }

  /** Forgets every document. */
  forget(): void {
    this.#kinds.clear();
  }

  #of(kind: string): Map<string, StoredDocument> {
    this.#assertOpen();
    return this.#kinds.get(kind) ?? new Map();
  }

  #assertRoom(kind: string, changes: readonly DocumentChange[]): void {
    const before = this.#of(kind);
    const after = new Map([...before].map(([name, { json }]) => [name, json]));
    for (const { name, json } of changes) {
      if (json === null) after.delete(name);
      else after.set(name, json);
    }
    assertDocumentRoom(
      kind,
      totals([...before.values()].map(({ json }) => json)),
      totals([...after.values()]),
    );
  }

  #apply({ kind, name, json }: DocumentChange): void {
    const documents = this.#of(kind);
    if (json === null) {
      documents.delete(name);
      return;
    }
    this.#revision += 1;
    this.#kinds.set(kind, documents.set(name, { kind, name, revision: this.#revision, json }));
  }
}

function totals(texts: readonly string[]): DocumentTotals {
  return { count: texts.length, length: texts.reduce((sum, text) => sum + text.length, 0) };
}
