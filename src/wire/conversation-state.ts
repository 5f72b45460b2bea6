import type { Agent } from "./agent/agent.ts";
import type { ConfirmationPolicy, SecurityAnalyzer } from "./agent/policies.ts";
import type { Workspace } from "./conversation.ts";
import type { ExecutionStatus } from "./execution-status.ts";
import type { ConversationStats } from "./metrics.ts";
import type { SecretSources } from "./secret-source.ts";

/**
 * The run state of a conversation. `full_state` events hold all of it; the other `ConversationStateUpdateEvent`s name
 * one key each. Assigning any key appends such an event to the log, but for `leaf_event_id` and `head_is_empty`, and
 * for the lists of skills, which messages and results show.
 */
export interface ConversationState {
  id: string;
  agent: Agent;
  workspace: Workspace;
  persistence_dir: string;
  max_iterations: number;
  stuck_detection: boolean;
  execution_status: ExecutionStatus;
  confirmation_policy: ConfirmationPolicy;
  security_analyzer: SecurityAnalyzer | null;
  activated_knowledge_skills: string[];
  activated_path_rules: string[];
  invoked_skills: string[];
  blocked_actions: Record<string, string>;
  blocked_messages: Record<string, string>;
  last_user_message_id: string | null;
  leaf_event_id: string | null;
  head_is_empty: boolean;
  stats: ConversationStats;
  secret_registry: { secret_sources: SecretSources };
  tags: Record<string, string>;
  agent_state: Record<string, unknown>;
  hook_config: Record<string, unknown> | null;
}

/** The keys a running agent may assign. */
export type AgentWritable =
  | "execution_status"
  | "last_user_message_id"
  | "agent_state"
  | "activated_knowledge_skills"
  | "activated_path_rules"
  | "invoked_skills"
  | "blocked_actions"
  | "blocked_messages"
  | "hook_config";
