import type { Cipher } from "../../secrets/cipher.ts";
import { openSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { readDocuments, type StoredConversation } from "./conversation-documents.ts";
import { persistenceDirOf } from "./conversation-info.ts";
import type { FoundDocuments } from "./document-writer.ts";
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
  /** The sealed documents as they were found. */
  documents: FoundDocuments;
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
    state: toState(record, { ...opened, ...unsealed.of(record.id) }, persistenceDir),
    config: stored.config,
    documents: {
      agent: { stored: stored.agent, lost: agent.lost },
      secrets: { stored: stored.secrets, lost: secrets.lost },
      state: { stored: stored.state, lost: state.lost },
    },
    lost: [agent, secrets, state].flatMap((document) => document.lost),
  };
}

/** The run state as stored, in the order in which `full_state` shows it. Secrets in `stored` are open. */
function toState(
  record: ConversationRecord,
  stored: StoredConversation,
  persistenceDir: string,
): ConversationState {
  const { config, agent, secrets, state, stats } = stored;
  return {
    id: record.id,
    agent,
    workspace: config.workspace,
    persistence_dir: persistenceDirOf(record.id, persistenceDir),
    max_iterations: config.max_iterations,
    stuck_detection: config.stuck_detection,
    execution_status: record.status,
    confirmation_policy: state.confirmation_policy,
    security_analyzer: state.security_analyzer,
    activated_knowledge_skills: state.activated_knowledge_skills,
    activated_path_rules: state.activated_path_rules,
    invoked_skills: state.invoked_skills,
    blocked_actions: state.blocked_actions,
    blocked_messages: state.blocked_messages,
    last_user_message_id: state.last_user_message_id,
    leaf_event_id: record.leafEventId,
    head_is_empty: state.head_is_empty,
    stats,
    secret_registry: { secret_sources: secrets },
    tags: state.tags,
    agent_state: state.agent_state,
    hook_config: config.hook_config,
  };
}
