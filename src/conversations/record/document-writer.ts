import type { Cipher } from "../../secrets/cipher.ts";
import { keepLost, sealSecrets, sealSources } from "../../secrets/secret-fields.ts";
import type { Change } from "../../stores/store.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import { toShownAgent } from "./conversation-info.ts";
import type { DocumentName } from "./document-shapes.ts";
import { STATE_FIELDS, type StateKey, toStateDocument } from "./state-fields.ts";
import { toCalls, toSnapshots } from "./usage.ts";

type StateChange = Pick<Change, "update" | "documents">;

type StateHome = (typeof STATE_FIELDS)[StateKey]["home"];
type SealedDocument = Extract<DocumentName, "agent" | "secrets" | "state">;

/** A document as it was read: secrets that could not be opened are written back as they were. */
export interface ReadDocument {
  stored: unknown;
  /** JSON pointers of those secrets. */
  lost: readonly string[];
}

export type ReadDocuments = Record<SealedDocument, ReadDocument>;

/**
 * Makes the stored form of changed fields: the documents they are kept in, and the status column. Secrets are sealed.
 */
export class DocumentWriter {
  readonly #cipher: Cipher | undefined;
  readonly #read: Partial<ReadDocuments>;

  constructor(cipher: Cipher | undefined, read: Partial<ReadDocuments> = {}) {
    this.#cipher = cipher;
    this.#read = read;
  }

  change(state: ConversationState, keys: readonly StateKey[]): StateChange {
    const change: StateChange = {};
    if (keys.includes("execution_status")) change.update = { status: state.execution_status };
    const documents = this.#documents(state, keys);
    if (Object.keys(documents).length > 0) change.documents = documents;
    return change;
  }

  /** The document of the lists of single model calls, which are bounded. */
  calls(state: ConversationState): Record<string, string> {
    return { calls: JSON.stringify(toCalls(state.stats)) };
  }

  #documents(state: ConversationState, keys: readonly StateKey[]): Record<string, string> {
    const homes = new Set(keys.map((key) => STATE_FIELDS[key].home));
    return Object.assign({}, ...[...homes].map((home) => this.#document(home, state)));
  }

  #document(home: StateHome, state: ConversationState): Record<string, string> {
    switch (home) {
      case "agent":
        return {
          agent: this.#sealed("agent", state.agent),
          shown_agent: JSON.stringify(toShownAgent(state.agent)),
        };
      case "secrets":
        return { secrets: this.#secrets(state.secret_registry.secret_sources) };
      case "state":
        return { state: this.#sealed("state", toStateDocument(state)) };
      case "stats":
        return { stats: JSON.stringify(toSnapshots(state.stats)) };
      case "record":
      case "config":
        return {};
    }
  }

  #secrets(sources: SecretSources): string {
    return this.#withLost("secrets", sealSources(sources, this.#cipher));
  }

  #sealed(name: SealedDocument, value: unknown): string {
    return this.#withLost(name, sealSecrets(value, this.#cipher));
  }

  #withLost(name: SealedDocument, sealed: unknown): string {
    const read = this.#read[name];
    return JSON.stringify(read === undefined ? sealed : keepLost(sealed, read.stored, read.lost));
  }
}
