import type { LaunchedAgentProfile } from "../../wire/conversation.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import type { WorktreePlace } from "../../workspace/git/worktree/plan-worktree.ts";
import type { SubAgentConfig } from "../sub-agents/sub-agent-config.ts";

/** The fields of the start request that nothing changes later. */
const REQUEST_KEYS = [
  "workspace",
  "worktree",
  "worktree_options",
  "max_iterations",
  "stuck_detection",
  "stuck_detection_thresholds",
  "tool_module_qualnames",
  "client_tools",
  "agent_definitions",
  "plugins",
  "hook_config",
  "user_id",
  "observability_metadata",
  "observability_tags",
  "observability_span_name",
  "observability_parent_span_context",
  "autotitle",
  "title_llm_profile",
  "prompt",
  "container",
] as const satisfies readonly (keyof StartConversationRequest)[];

/** The document "config": fields of the start request, and where the conversation came from. */
export type ConversationConfig = Pick<StartConversationRequest, (typeof REQUEST_KEYS)[number]> & {
  forked_from_conversation_id: string | null;
  forked_from_event_id: string | null;
  launched_agent_profile: LaunchedAgentProfile | null;
  /** The worktree that was made for the conversation. Default: none. */
  worktree_place?: WorktreePlace;
  /** Present in the conversation of a sub-agent. */
  sub_agent?: SubAgentConfig;
};

export function toConfig(request: StartConversationRequest): ConversationConfig {
  const requested = Object.fromEntries(REQUEST_KEYS.map((key) => [key, request[key]]));
  return {
    ...(requested as Pick<StartConversationRequest, (typeof REQUEST_KEYS)[number]>),
    forked_from_conversation_id: null,
    forked_from_event_id: null,
    launched_agent_profile: null,
  };
}
