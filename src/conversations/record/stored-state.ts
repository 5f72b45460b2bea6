import type { Cipher } from "../../secrets/cipher.ts";
import { namesOfLost, openSecrets, openSources, stillLost } from "../../secrets/secret-fields.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { readDocuments, readSecrets } from "./conversation-documents.ts";
import type { DamageLog } from "./damage/damage-log.ts";
import type { ReadDocuments } from "./document-writer.ts";
import { toState } from "./state-fields.ts";
import type { UnsealedSecrets } from "./unsealed-secrets.ts";

/** JSON pointer of the model's key in the document "agent". */
const MODEL_KEY = "/llm/api_key";

export interface OpenStateOptions {
  cipher?: Cipher | undefined;
  unsealed: UnsealedSecrets;
  persistenceDir: string;
  damage?: Pick<DamageLog, "report"> | undefined;
}

/** The run state of a stored conversation, with what came with it. */
export interface OpenedState {
  state: ConversationState;
  config: ConversationConfig;
  /** The sealed documents as they were read. */
  documents: ReadDocuments;
  /** JSON pointers of secrets that are lost: encrypted with another key, or not kept because there was none. */
  lost: string[];
  /** Names of the conversation's secrets among them. */
  lostSecrets: string[];
  /** Whether the key of the agent's model is among them. */
  isModelKeyLost: boolean;
}

/**
 * Reads the run state from `LIVE_DOCUMENTS` and opens its secrets.
 *
 * @throws AgentServerError `damaged` when a part of it is damaged.
 */
export function openState(record: ConversationRecord, options: OpenStateOptions): OpenedState {
  const { cipher, unsealed, persistenceDir, damage } = options;
  const stored = readDocuments(record, { onDamaged: (...about) => damage?.report(...about) });
  const agent = openSecrets(stored.agent, cipher);
  const secrets = openSources(stored.secrets, cipher);
  const state = openSecrets(stored.state, cipher);
  const opened = { ...stored, agent: agent.value, secrets: secrets.value, state: state.value };
  const documents = { ...opened, ...unsealed.of(record.id) };
  const lostSecrets = stillLost(secrets.lost, documents.secrets);
  const lostOfAgent = stillLost(agent.lost, documents.agent);
  return {
    state: toState({ record, documents, persistenceDir }),
    config: stored.config,
    documents: {
      agent: { stored: stored.agent, lost: agent.lost },
      secrets: { stored: stored.secrets, lost: secrets.lost },
      state: { stored: stored.state, lost: state.lost },
    },
    lost: [...lostOfAgent, ...lostSecrets, ...state.lost],
    lostSecrets: namesOfLost(lostSecrets),
    isModelKeyLost: lostOfAgent.includes(MODEL_KEY),
  };
}

/** Names of the secrets of a stored conversation that must be set again. Reads the document "secrets". */
export function lostSecrets(
  record: ConversationRecord,
  { cipher, unsealed }: Pick<OpenStateOptions, "cipher" | "unsealed">,
): string[] {
  const { value, lost } = openSources(readSecrets(record), cipher);
  return namesOfLost(stillLost(lost, unsealed.of(record.id)?.secrets ?? value));
}
