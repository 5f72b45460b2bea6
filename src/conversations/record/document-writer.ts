import type { Cipher } from "../../secrets/cipher.ts";
import { keepLost, sealSecrets } from "../../secrets/secret-fields.ts";
import type { Change } from "../../stores/store.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import { type DocumentName, STATE_DOCUMENT_KEYS, toStateDocument } from "./conversation-documents.ts";
import { toShownAgent } from "./conversation-info.ts";
import { toCalls, toSnapshots } from "./usage.ts";

type StateKey = keyof ConversationState;
type StateChange = Pick<Change, "update" | "documents">;

const STATE_KEYS: ReadonlySet<StateKey> = new Set(STATE_DOCUMENT_KEYS);

type SealedDocument = Extract<DocumentName, "agent" | "secrets" | "state">;

/** A document as it was found: secrets that could not be opened are put back as they were. */
export interface FoundDocument {
  stored: unknown;
  /** JSON pointers of those secrets. */
  lost: readonly string[];
}

export type FoundDocuments = Record<SealedDocument, FoundDocument>;

/** Turns changed keys of the state into what the store must write. Secrets are sealed on the way. */
export class DocumentWriter {
  readonly #cipher: Cipher | undefined;
  readonly #found: Partial<FoundDocuments>;

  constructor(cipher: Cipher | undefined, found: Partial<FoundDocuments> = {}) {
    this.#cipher = cipher;
    this.#found = found;
  }

  change(state: ConversationState, keys: readonly StateKey[]): StateChange {
    const change: StateChange = {};
    if (keys.includes("execution_status")) change.update = { status: state.execution_status };
    const documents = this.#documents(state, keys);
    if (Object.keys(documents).length > 0) change.documents = documents;
    return change;
  }

  /** The lists of single calls, bounded. */
  calls(state: ConversationState): Record<string, string> {
    return { calls: JSON.stringify(toCalls(state.stats)) };
  }

  #documents(state: ConversationState, keys: readonly StateKey[]): Record<string, string> {
    const documents: Record<string, string> = {};
    if (keys.includes("agent")) {
      documents.agent = this.#sealed("agent", state.agent);
      documents.shown_agent = JSON.stringify(toShownAgent(state.agent));
    }
    if (keys.includes("secret_registry")) {
      documents.secrets = this.#sealed("secrets", state.secret_registry.secret_sources);
    }
    if (keys.some((key) => STATE_KEYS.has(key)))
      documents.state = this.#sealed("state", toStateDocument(state));
    if (keys.includes("stats")) documents.stats = JSON.stringify(toSnapshots(state.stats));
    return documents;
  }

  #sealed(name: SealedDocument, value: unknown): string {
    const sealed = sealSecrets(value, this.#cipher);
    const found = this.#found[name];
    return JSON.stringify(found === undefined ? sealed : keepLost(sealed, found.stored, found.lost));
  }
}
