import { z } from "zod";
import { agent } from "./agent/agent.ts";
import { agentDefinition, pluginSource } from "./agent/agent-definition.ts";
import { hookConfig } from "./agent/hook-config.ts";
import { confirmationPolicy, securityAnalyzer } from "./agent/policies.ts";
import { clientToolSpec } from "./agent/tool-definition.ts";
import {
  containerOptions,
  launchAdditions,
  localWorkspace,
  observabilityMetadata,
  observabilitySpanName,
  observabilityTags,
  stuckDetectionThresholds,
  tags,
  worktreeOptions,
} from "./conversation-parts.ts";
import { sendMessageRequest } from "./events/message.ts";
import { uuid } from "./ids.ts";
import { nullable, orElse } from "./nullable.ts";
import { secretsByName } from "./secret-limits.ts";
import { secretSource } from "./secret-source.ts";
import { agentSettings } from "./settings/agent/agent-settings.ts";

const neverConfirm = { kind: "NeverConfirm" } as const;

/** The fields of a request that a restarted server needs again. */
const conversationConfig = {
  workspace: localWorkspace,
  worktree: z
    .boolean()
    .default(false)
    .describe("Works in a git worktree of its own, if the workspace lies in a repository"),
  worktree_options: nullable(worktreeOptions),
  parent_conversation_id: nullable(uuid),
  confirmation_policy: confirmationPolicy.default(neverConfirm),
  security_analyzer: nullable(securityAnalyzer),
  max_iterations: z.int().min(1).default(500),
  stuck_detection: z.boolean().default(true),
  stuck_detection_thresholds: nullable(stuckDetectionThresholds).catch(null),
  tool_module_qualnames: z
    .record(z.string(), z.string())
    .default({})
    .describe("Python modules of tools, by tool; kept for Python clients that attach"),
  client_tools: z.array(clientToolSpec).default([]),
  agent_definitions: z.array(agentDefinition).default([]),
  plugins: nullable(z.array(pluginSource)),
  hook_config: nullable(hookConfig),
  tags: orElse(tags, () => ({})),
  user_id: nullable(z.string()),
  observability_metadata: observabilityMetadata,
  observability_tags: observabilityTags,
  observability_span_name: observabilitySpanName,
  observability_parent_span_context: nullable(z.string()),
  autotitle: z.boolean().default(true),
  title_llm_profile: nullable(z.string()),
  prompt: nullable(z.string().max(2_000)).describe(
    "Asks for the title; `{conversation_content}` and `{max_length}` are filled in",
  ),
  container: nullable(containerOptions),
};

/**
 * Body of `POST /api/conversations`. The agent comes from `agent_profile_id`, or else from `agent` or `agent_settings`;
 * `agent` wins if both are set.
 */
export const startConversationRequest = z
  .object({
    ...conversationConfig,
    conversation_id: nullable(uuid),
    initial_message: nullable(sendMessageRequest).describe("Starts a run, whatever its `run` is"),
    secrets: secretsByName(secretSource).default({}),
    secrets_encrypted: z.boolean().default(false),
    agent_launch_additions: nullable(launchAdditions),
    agent: nullable(agent),
    agent_settings: nullable(agentSettings),
    agent_profile_id: nullable(uuid),
    conversation_runtime: nullable(z.enum(["local", "docker"])).describe("This server has `local` only"),
  })
  .superRefine((request, context) => {
    const wrong = agentSourceError(request);
    if (wrong !== undefined) context.addIssue({ code: "custom", message: `Value error, ${wrong}`, path: [] });
  })
  .meta({ id: "StartConversationRequest" });

interface AgentSources {
  agent: unknown;
  agent_settings: unknown;
  agent_profile_id: unknown;
  agent_launch_additions: { llm_profile_ref: string | null } | null;
}

function agentSourceError(request: AgentSources): string | undefined {
  const direct = (["agent", "agent_settings"] as const).filter((name) => request[name] !== null);
  const hasProfile = request.agent_profile_id !== null;
  if (hasProfile && direct.length > 0) {
    return `\`agent_profile_id\` is mutually exclusive with ${direct.map((name) => `\`${name}\``).join(", ")}`;
  }
  if (!hasProfile && direct.length === 0) {
    return "One of `agent`, `agent_settings`, or `agent_profile_id` must be provided";
  }
  if (!hasProfile && request.agent_launch_additions?.llm_profile_ref) {
    return "`agent_launch_additions.llm_profile_ref` requires `agent_profile_id`";
  }
  return undefined;
}

/** A request for a new conversation. What is left out gets its default. */
export type NewConversation = z.input<typeof startConversationRequest>;
/** A request for a new conversation that was validated and has its defaults. */
export type StartConversationRequest = z.output<typeof startConversationRequest>;
