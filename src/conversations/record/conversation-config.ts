import type { StartConversationRequest } from "../../wire/conversation.ts";

/** What the start request said and nothing changes later: the document "config". */
export type ConversationConfig = Pick<
  StartConversationRequest,
  | "workspace"
  | "worktree"
  | "max_iterations"
  | "stuck_detection"
  | "stuck_detection_thresholds"
  | "client_tools"
  | "agent_definitions"
  | "plugins"
  | "hook_config"
  | "user_id"
  | "observability_metadata"
  | "observability_tags"
  | "observability_span_name"
  | "autotitle"
  | "title_llm_profile"
> & {
  forked_from_conversation_id: string | null;
  forked_from_event_id: string | null;
  launched_agent_profile: Record<string, unknown> | null;
};

export function toConfig(request: StartConversationRequest): ConversationConfig {
  return {
    workspace: request.workspace,
    worktree: request.worktree,
    max_iterations: request.max_iterations,
    stuck_detection: request.stuck_detection,
    stuck_detection_thresholds: request.stuck_detection_thresholds,
    client_tools: request.client_tools,
    agent_definitions: request.agent_definitions,
    plugins: request.plugins,
    hook_config: request.hook_config,
    user_id: request.user_id,
    observability_metadata: request.observability_metadata,
    observability_tags: request.observability_tags,
    observability_span_name: request.observability_span_name,
    autotitle: request.autotitle,
    title_llm_profile: request.title_llm_profile,
    forked_from_conversation_id: null,
    forked_from_event_id: null,
    launched_agent_profile: null,
  };
}
