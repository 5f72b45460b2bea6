import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { ConversationInfo } from "../../wire/conversation.ts";
import { toHex } from "../../wire/ids.ts";
import { type DocumentName, readDocuments } from "./conversation-documents.ts";

export interface InfoOptions {
  /** Where conversations are said to live; each adds its id. */
  persistenceDir: string;
  /** Skills can be large, so they are left out unless asked for. */
  includeSkills: boolean;
}

/** A stored conversation as the routes show it. Every commit is whole, so this is never behind the live one. */
export function toConversationInfo(record: ConversationRecord, options: InfoOptions): ConversationInfo {
  const { config, agent, secrets, state, stats } = readDocuments(record, agentDocument(options));
  return {
    id: record.id,
    workspace: config.workspace,
    persistence_dir: persistenceDirOf(record.id, options.persistenceDir),
    max_iterations: config.max_iterations,
    stuck_detection: config.stuck_detection,
    execution_status: record.status,
    confirmation_policy: state.confirmation_policy,
    security_analyzer: redactSecrets(state.security_analyzer, "null"),
    activated_knowledge_skills: state.activated_knowledge_skills,
    invoked_skills: state.invoked_skills,
    blocked_actions: state.blocked_actions,
    blocked_messages: state.blocked_messages,
    last_user_message_id: state.last_user_message_id,
    leaf_event_id: record.leafEventId,
    stats,
    secret_registry: { secret_sources: redactSecrets(secrets, "null") },
    agent_state: state.agent_state,
    hook_config: config.hook_config,
    title: record.title,
    metrics: null,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    forked_from_conversation_id: config.forked_from_conversation_id,
    forked_from_event_id: config.forked_from_event_id,
    parent_conversation_id: record.parentId,
    sub_conversation_ids: record.childIds,
    tags: state.tags,
    current_model_id: null,
    available_models: [],
    supports_runtime_model_switch: false,
    launched_agent_profile: config.launched_agent_profile,
    agent: options.includeSkills ? redactSecrets(agent, "null") : agent,
    client_tools: config.client_tools,
  };
}

export function persistenceDirOf(id: string, base: string): string {
  return `${base}/${toHex(id)}`;
}

/** What a list of conversations reads. The lists of single model calls are large, so they are empty there. */
export function listedDocuments(options: Pick<InfoOptions, "includeSkills">): DocumentName[] {
  return ["config", agentDocument(options), "secrets", "state", "stats"];
}

function agentDocument({ includeSkills }: Pick<InfoOptions, "includeSkills">): "agent" | "shown_agent" {
  return includeSkills ? "agent" : "shown_agent";
}

/** The agent as everyone may see it, and without its skills. */
export function toShownAgent(agent: Agent): Agent {
  const { agent_context: context } = agent;
  return redactSecrets({ ...agent, agent_context: context && { ...context, skills: [] } }, "null");
}
