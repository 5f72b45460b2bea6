import type { ConversationRecord } from "../../stores/store.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { StoredConversation } from "./conversation-documents.ts";
import { persistenceDirOf } from "./conversation-info.ts";

/** The run state as stored, in the order in which `full_state` shows it. Secrets in `stored` are open. */
export function toState(
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
