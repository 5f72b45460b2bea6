import type { Cipher } from "../../secrets/cipher.ts";
import { openSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { readDocuments } from "./conversation-documents.ts";
import type { ReadDocuments } from "./document-writer.ts";
import { toState } from "./state-fields.ts";
import type { UnsealedSecrets } from "./unsealed-secrets.ts";

export interface OpenStateOptions {
  cipher: Cipher | undefined;
  unsealed: UnsealedSecrets;
  persistenceDir: string;
}

/** The run state of a stored conversation, with what came with it. */
export interface OpenedState {
  state: ConversationState;
  config: ConversationConfig;
  /** The sealed documents as they were read. */
  documents: ReadDocuments;
  /** JSON pointers of secrets that cannot be opened with this key: missing here, kept in the store. */
  lost: string[];
}

/** Reads the run state from `LIVE_DOCUMENTS` and opens its secrets. */
export function openState(record: ConversationRecord, options: OpenStateOptions): OpenedState {
  const { cipher, unsealed, persistenceDir } = options;
  const stored = readDocuments(record);
  const agent = openSecrets(stored.agent, cipher);
  const secrets = openSecrets(stored.secrets, cipher);
  const state = openSecrets(stored.state, cipher);
  const opened = { ...stored, agent: agent.value, secrets: secrets.value, state: state.value };
  return {
    state: toState({ record, documents: { ...opened, ...unsealed.of(record.id) }, persistenceDir }),
    config: stored.config,
    documents: {
      agent: { stored: stored.agent, lost: agent.lost },
      secrets: { stored: stored.secrets, lost: secrets.lost },
      state: { stored: stored.state, lost: state.lost },
    },
    lost: [agent, secrets, state].flatMap((document) => document.lost),
  };
}
