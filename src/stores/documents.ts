import { AgentServerError } from "../errors.ts";

/** A document as the store keeps it. */
export interface StoredDocument {
  /** The collection it belongs to, such as `llm-profile`. */
  kind: string;
  /** Unique within its kind. */
  name: string;
  /** Given by the store: greater than every revision that was given before, also to documents that are removed. */
  revision: number;
  /** The document. The store does not look inside. */
  json: string;
}

/** A change of one document. */
export interface DocumentChange {
  /** The collection it belongs to. */
  kind: string;
  /** Unique within its kind. */
  name: string;
  /** The new text; null removes the document. */
  json: string | null;
  /** Revision that the document must have; null when there must be none. */
  expected: number | null;
}

/** Whether changes were made. After a `conflict` nothing is changed. */
export type DocumentOutcome = "written" | "conflict";

/**
 * The part of a store that keeps what does not belong to a conversation: settings, secrets, profiles. The servers that
 * share the store see the same documents.
 *
 * - `write` makes all changes or none. It resolves with `written` once they survive the death of the process, and with
 *   `conflict` when a document has not the expected revision. Of two writers that expect the same revision, one succeeds.
 * - Reads resolve only with what survives, too.
 * - Names differ when any character does. A kind has 1 to 64 characters, a name 1 to 512; neither has half a surrogate
 *   pair or the character NUL.
 * - Bounds, whose excess rejects with `payload_too_large`: 4,194,304 UTF-16 code units a text, 10,000 documents and
 *   67,108,864 code units of all texts of a kind, 1,000 changes a write. What makes a kind smaller is always accepted.
 */
export interface DocumentStore {
  /** The document, or null. */
  read(kind: string, name: string): Promise<StoredDocument | null>;
  /** Every document of a kind, in the order of the code points of their names. */
  list(kind: string): Promise<StoredDocument[]>;
  /**
   * Makes all changes or none. See the contract of `DocumentStore`. Rejects with `bad_request` for malformed changes.
   */
  write(changes: readonly DocumentChange[]): Promise<DocumentOutcome>;
}

const MAX_KIND = 64;
const MAX_NAME = 512;
const MAX_JSON = 4 * 1024 * 1024;
const MAX_CHANGES = 1_000;

/** Bounds of one kind. For implementations of `DocumentStore`. */
export const DOCUMENT_BOUNDS = {
  /** Number of documents. */
  documents: 10_000,
  /** Length of all their texts in UTF-16 code units. */
  length: 64 * 1024 * 1024,
} as const;

/**
 * Checks what can be checked of changes without the stored documents. For implementations of `DocumentStore`.
 *
 * @throws AgentServerError `bad_request` or `payload_too_large`
 */
export function assertDocumentChanges(changes: readonly DocumentChange[]): void {
  if (changes.length > MAX_CHANGES) {
    throw tooLarge(`A write has at most ${MAX_CHANGES} changes of documents, not ${changes.length}`);
  }
  const seen = new Set<string>();
  for (const { kind, name, json } of changes) {
    if (!isLabel(kind, MAX_KIND) || !isLabel(name, MAX_NAME)) {
      throw new AgentServerError(
        "bad_request",
        `A document has a kind of 1 to ${MAX_KIND} characters and a name of 1 to ${MAX_NAME}`,
      );
    }
    const place = `${kind}\0${name}`;
    if (seen.has(place)) throw new AgentServerError("bad_request", `Two changes of ${kind} ${name}`);
    seen.add(place);
    if (json !== null && json.length > MAX_JSON) {
      throw tooLarge(`${kind} ${name} has ${json.length} characters, at most ${MAX_JSON} are kept`);
    }
  }
}

/** Number and total length in UTF-16 code units of the documents of one kind. */
export interface DocumentTotals {
  /** Number of documents. */
  count: number;
  /** Length of all their texts. */
  length: number;
}

/**
 * Checks the totals of a kind before and after a write. For implementations of `DocumentStore`.
 *
 * @throws AgentServerError `payload_too_large`
 */
export function assertDocumentRoom(kind: string, before: DocumentTotals, after: DocumentTotals): void {
  if (after.count > DOCUMENT_BOUNDS.documents && after.count > before.count) {
    throw tooLarge(`At most ${DOCUMENT_BOUNDS.documents} documents of the kind ${kind} are kept`);
  }
  if (after.length > DOCUMENT_BOUNDS.length && after.length > before.length) {
    throw tooLarge(`The documents of the kind ${kind} have at most ${DOCUMENT_BOUNDS.length} characters`);
  }
}

function isLabel(text: string, maxLength: number): boolean {
  return text !== "" && text.length <= maxLength && text.isWellFormed() && !text.includes("\0");
}

function tooLarge(detail: string): AgentServerError {
  return new AgentServerError("payload_too_large", detail);
}
