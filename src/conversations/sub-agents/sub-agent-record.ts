import type { Change } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { AgentDefinition } from "../../wire/agent/agent-definition.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { MachineClaim } from "../../workspace/machine-claim.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import type { ConversationConfig } from "../record/conversation-config.ts";
import { toFirstChange } from "../record/first-record.ts";
import { policyOf } from "./sub-agent.ts";
import type { SubAgentConfig } from "./sub-agent-config.ts";

/** Characters of a title. */
const MAX_TITLE = 200;

/** The conversation that a sub-agent is started in. */
export interface ParentConversation {
  state: Readonly<ConversationState>;
  config: ConversationConfig;
  /** Id of the principal who made it. */
  createdBy: string | null;
  /** The claims under which the machine is worked with. */
  claims(): readonly MachineClaim[];
}

export interface NewSubAgent {
  id: string;
  agent: Agent;
  definition: AgentDefinition;
  /** A few words about its task. */
  title: string | null;
  config: SubAgentConfig;
  /** The sub-agents that it may start. */
  definitions: readonly AgentDefinition[];
}

/** Makes the change that stores the conversation of a sub-agent, and keeps its secrets for a server without a key. */
export function subAgentRecord(
  parent: ParentConversation,
  { id, agent, title, config, ...rest }: NewSubAgent,
  { cipher, persistenceDir, timestamps, unsealed }: LiveContext,
): Change {
  const request = requestOf(parent, { agent, ...rest });
  const opened = { agent, secrets: request.secrets };
  unsealed.keep(id, opened);
  return toFirstChange(request, opened, {
    id,
    now: timestamps.utcTimestamp(),
    createdBy: parent.createdBy,
    title: title?.slice(0, MAX_TITLE) || null,
    cipher,
    persistenceDir,
    launched: parent.config.launched_agent_profile,
    worktree: undefined,
    subAgent: { of: parent.state.id, config },
  });
}

/** The start of a sub-agent: on the machine of its parent, by its rules, and without what belongs to its clients. */
function requestOf(
  { state, config }: ParentConversation,
  { agent, definition, definitions }: Pick<NewSubAgent, "agent" | "definition" | "definitions">,
): StartConversationRequest {
  return {
    ...config,
    tool_module_qualnames: {},
    worktree: false,
    worktree_options: null,
    parent_conversation_id: null,
    confirmation_policy: policyOf(definition) ?? state.confirmation_policy,
    security_analyzer: state.security_analyzer,
    max_iterations: definition.max_iteration_per_run ?? state.max_iterations,
    stuck_detection: true,
    stuck_detection_thresholds: null,
    client_tools: [],
    agent_definitions: [...definitions],
    plugins: null,
    hook_config: definition.hooks,
    tags: {},
    autotitle: false,
    title_llm_profile: null,
    prompt: null,
    secrets: state.secret_registry.secret_sources,
    secrets_encrypted: false,
    agent,
    agent_settings: null,
    agent_profile_id: null,
    agent_launch_additions: null,
    conversation_id: null,
    conversation_runtime: null,
    initial_message: null,
  };
}
