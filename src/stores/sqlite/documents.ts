import {
  assertDocumentChanges,
  assertDocumentRoom,
  type DocumentChange,
  type DocumentOutcome,
  type DocumentStore,
  type DocumentTotals,
  type StoredDocument,
} from "../documents.ts";
import type { Database, Row } from "./database.ts";
import type { Access } from "./readers.ts";

/** The key under which writes of documents wait for the disk. No conversation has this id. */
const KEY = "documents";

/** The documents of a database. */
export class SqliteDocuments implements DocumentStore {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  read(kind: string, name: string): Promise<StoredDocument | null> {
    return this.#access.readSynced([KEY], (database) => readDocument(database, kind, name));
  }

  list(kind: string): Promise<StoredDocument[]> {
    return this.#access.readSynced([KEY], (database) => listDocuments(database, kind));
  }

  async write(changes: readonly DocumentChange[]): Promise<DocumentOutcome> {
    assertDocumentChanges(changes);
    let outcome: DocumentOutcome = "conflict";
    await this.#access.write(KEY, () => {
      outcome = writeDocuments(this.#access.database, changes);
    });
    return outcome;
  }
}

export function readDocument(database: Database, kind: string, name: string): StoredDocument | null {
  const row = database.get(
    "SELECT kind, name, revision, json FROM named_documents WHERE kind = ? AND name = ?",
    kind,
    name,
  );
  return row === undefined ? null : toDocument(row);
}

export function listDocuments(database: Database, kind: string): StoredDocument[] {
  const rows = database.all(
    "SELECT kind, name, revision, json FROM named_documents WHERE kind = ? ORDER BY name",
    kind,
  );
  return rows.map(toDocument);
}

/** Makes all changes inside the transaction that is open, or none. */
export function writeDocuments(database: Database, changes: readonly DocumentChange[]): DocumentOutcome {
  const found = changes.map(({ kind, name }) => stateOf(database, kind, name));
  if (changes.some(({ expected }, index) => (found[index]?.revision ?? null) !== expected)) return "conflict";
  const growth = new Map<string, DocumentTotals>();
  for (const [index, { kind, json }] of changes.entries()) {
    const { count, length } = growth.get(kind) ?? { count: 0, length: 0 };
    const isHere = found[index] === undefined ? 0 : 1;
    const isThere = json === null ? 0 : 1;
    const grown = (json?.length ?? 0) - (found[index]?.size ?? 0);
    growth.set(kind, { count: count + isThere - isHere, length: length + grown });
  }
  for (const [kind, grown] of growth) assertRoom(database, kind, grown);
  for (const change of changes) apply(database, change);
  return "written";
}

function assertRoom(database: Database, kind: string, grown: DocumentTotals): void {
  if (grown.count <= 0 && grown.length <= 0) return;
  const row = database.get(
    "SELECT count(*) AS count, coalesce(sum(size), 0) AS length FROM named_documents WHERE kind = ?",
    kind,
  );
  const before = { count: Number(row?.count), length: Number(row?.length) };
  const after = { count: before.count + grown.count, length: before.length + grown.length };
  assertDocumentRoom(kind, before, after);
}

/** A changed document is a new row, so that SQLite counts the revision. */
function apply(database: Database, { kind, name, json }: DocumentChange): void {
  database.run("DELETE FROM named_documents WHERE kind = ? AND name = ?", kind, name);
  if (json === null) return;
  database.run(
    "INSERT INTO named_documents (kind, name, size, json) VALUES (?, ?, ?, ?)",
    kind,
    name,
    json.length,
    json,
  );
}

function stateOf(
  database: Database,
  kind: string,
  name: string,
): { revision: number; size: number } | undefined {
  const row = database.get(
    "SELECT revision, size FROM named_documents WHERE kind = ? AND name = ?",
    kind,
    name,
  );
  return row === undefined ? undefined : { revision: Number(row.revision), size: Number(row.size) };
}

function toDocument(row: Row): StoredDocument {
  return { ...(row as unknown as StoredDocument), revision: Number(row.revision) };
}
