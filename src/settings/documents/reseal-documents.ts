import { AgentServerError } from "../../errors.ts";
import {
  count,
  emptyReport,
  type ResealOptions,
  type ResealReport,
  resealSecrets,
} from "../../secrets/reseal.ts";
import type { DocumentStore, StoredDocument } from "../../stores/documents.ts";
import { DOCUMENT_KINDS } from "./kinds.ts";

/** Attempts at one document. Only other writers make a second one necessary. */
const MAX_ATTEMPTS = 30;

/**
 * Encrypts the secrets of every document with today's key. Each document is written for itself, so what is interrupted
 * goes on when it is called again, and other writers are not held up. Damaged documents stay as they are.
 */
export async function resealDocuments(store: DocumentStore, options: ResealOptions): Promise<ResealReport> {
  const report = emptyReport();
  for (const kind of DOCUMENT_KINDS) {
    for (const document of await store.list(kind)) {
      count(report, `${kind} ${document.name}`, await resealDocument(store, document, options));
    }
  }
  return report;
}

async function resealDocument(store: DocumentStore, { kind, name }: StoredDocument, options: ResealOptions) {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const document = await store.read(kind, name);
    const stored = document === null ? undefined : parsed(document.json);
    if (document === null || stored === undefined) return { renewed: 0, unreadable: 0, written: false };
    const { value, renewed, unreadable } = resealSecrets(stored, options);
    if (value === stored) return { renewed, unreadable, written: false };
    const change = { kind, name, json: JSON.stringify(value), expected: document.revision };
    if ((await store.write([change])) === "written") return { renewed, unreadable, written: true };
  }
  throw new AgentServerError("unavailable", `The ${kind} '${name}' is written by others all the time`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
