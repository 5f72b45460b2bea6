import {
  assertDocumentChanges,
  assertDocumentRoom,
  DOCUMENT_BOUNDS,
  type DocumentChange,
  type DocumentOutcome,
  type DocumentStore,
  type DocumentTotals,
  type StoredDocument,
} from "../documents.ts";
import type { Access } from "./access.ts";
import type { Row } from "./connection/connections.ts";
import { fromKept, toKept } from "./kept-text.ts";

const DOCUMENT = "kind, name, revision, json";

interface Outcome {
  conflict?: boolean;
  /** A kind that would have too much. */
  full?: { kind: string; before: DocumentTotals; after: DocumentTotals };
}

/** The documents of a database that belong to no conversation. */
export class PostgresDocuments implements DocumentStore {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async read(kind: string, name: string): Promise<StoredDocument | null> {
    const text = `SELECT ${DOCUMENT} FROM $schema.named_documents WHERE kind = $1 AND name = $2`;
    const [row] = await this.#access.read(text, toKept(kind), toKept(name));
    return row === undefined ? null : toDocument(row);
  }

  async list(kind: string): Promise<StoredDocument[]> {
    const text = `SELECT ${DOCUMENT} FROM $schema.named_documents WHERE kind = $1 ORDER BY name`;
    return (await this.#access.read(text, toKept(kind))).map(toDocument);
  }

  async write(changes: readonly DocumentChange[]): Promise<DocumentOutcome> {
    assertDocumentChanges(changes);
    const { conflict, full } = await this.#access.write<Outcome>({
      name: "write_documents_1",
      values: [JSON.stringify(changes.map(toRow)), DOCUMENT_BOUNDS.documents, DOCUMENT_BOUNDS.length],
    });
    if (full !== undefined) assertDocumentRoom(full.kind, full.before, full.after);
    return conflict ? "conflict" : "written";
  }
}

function toRow({ kind, name, json, expected }: DocumentChange): object {
  const text = json === null ? {} : { json: toKept(json), size: json.length };
  return { kind: toKept(kind), name: toKept(name), expected, ...text };
}

function toDocument(row: Row): StoredDocument {
  return {
    kind: fromKept(String(row.kind)),
    name: fromKept(String(row.name)),
    revision: Number(row.revision),
    json: fromKept(String(row.json)),
  };
}
