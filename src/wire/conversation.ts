import { z } from "zod";
import { agent } from "./agent/agent.ts";
import { agentSettings } from "./agent/agent-settings.ts";
import { confirmationPolicy, securityAnalyzer } from "./agent/policies.ts";
import { clientToolSpec } from "./agent/tool-definition.ts";
import { event } from "./events/events.ts";
import { sendMessageRequest } from "./events/message.ts";
import { executionStatus } from "./execution-status.ts";
import { uuid } from "./ids.ts";
import { conversationStats } from "./metrics.ts";
import { nullable, orElse } from "./nullable.ts";
import { secretsByName } from "./secret-limits.ts";
import { secretSource } from "./secret-source.ts";

const workspace = z
  .object({
    working_dir: z.string().min(1),
    kind: z.literal("LocalWorkspace").default("LocalWorkspace"),
  })
  .meta({ id: "LocalWorkspace" });

const tags = z.record(z.string().regex(/^[a-z0-9]+$/), z.string().max(256));

/** Replaces an invalid threshold by its default, because a bad number must not prevent a conversation. */
const stuckThreshold = (fallback: number) => z.int().min(1).default(fallback).catch(fallback);

/** The number of repetitions in a row after which an agent counts as stuck. */
const stuckDetectionThresholds = z
  .object({
    action_observation: stuckThreshold(4),
    action_error: stuckThreshold(3),
    monologue: stuckThreshold(3),
    alternating_pattern: stuckThreshold(6),
  })
  .meta({ id: "StuckDetectionThresholds" });

const neverConfirm = { kind: "NeverConfirm" } as const;

/** The fields of a request that a restarted server needs again. */
const conversationConfig = {
  workspace,
  worktree: z.boolean().default(false),
  parent_conversation_id: nullable(uuid),
  confirmation_policy: confirmationPolicy.default(neverConfirm),
  security_analyzer: nullable(securityAnalyzer),
  max_iterations: z.int().min(1).default(500),
  stuck_detection: z.boolean().default(true),
  stuck_detection_thresholds: nullable(stuckDetectionThresholds).catch(null),
  client_tools: z.array(clientToolSpec).default([]),
  agent_definitions: z.array(z.looseObject({ name: z.string() })).default([]),
  plugins: nullable(z.array(z.looseObject({ source: z.string() }))),
  hook_config: nullable(z.looseObject({})),
  tags: tags.default({}),
  user_id: nullable(z.string()),
  observability_metadata: orElse(z.record(z.string(), z.unknown()), () => ({})),
  observability_tags: orElse(z.array(z.string()), () => []),
  observability_span_name: z
    .string()
    .regex(/^[A-Za-z0-9._:/-]+$/)
    .max(128)
    .default("conversation"),
  autotitle: z.boolean().default(true),
  title_llm_profile: nullable(z.string()),
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
    tool_module_qualnames: z.record(z.string(), z.string()).default({}),
    agent_launch_additions: nullable(
      z.strictObject({ system_message_suffix_append: nullable(z.string().trim().max(32_768)) }),
    ),
    agent: nullable(agent),
    agent_settings: nullable(agentSettings),
    agent_profile_id: nullable(uuid),
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
}

function agentSourceError({ agent, agent_settings, agent_profile_id }: AgentSources): string | undefined {
  const direct = agent !== null || agent_settings !== null;
  if (agent_profile_id !== null && direct) {
    return "`agent_profile_id` is mutually exclusive with `agent` and `agent_settings`";
  }
  if (agent_profile_id === null && !direct) {
    return "One of `agent`, `agent_settings`, or `agent_profile_id` must be provided";
  }
  return undefined;
}

/** A conversation as every route shows it. All 33 keys are always present; secrets are null. */
export const conversationInfo = z
  .object({
    id: z.string().describe("Dashed UUID"),
    workspace,
    persistence_dir: z.string(),
    max_iterations: z.int(),
    stuck_detection: z.boolean(),
    execution_status: executionStatus,
    confirmation_policy: confirmationPolicy,
    security_analyzer: securityAnalyzer.nullable(),
    activated_knowledge_skills: z.array(z.string()),
    invoked_skills: z.array(z.string()),
    blocked_actions: z.record(z.string(), z.string()),
    blocked_messages: z.record(z.string(), z.string()),
    last_user_message_id: z.string().nullable(),
    leaf_event_id: z.string().nullable(),
    stats: conversationStats,
    secret_registry: z.object({ secret_sources: z.record(z.string(), secretSource) }),
    agent_state: z.record(z.string(), z.unknown()),
    hook_config: z.looseObject({}).nullable(),
    title: z.string().nullable(),
    metrics: z.null(),
    created_at: z.string(),
    updated_at: z.string(),
    forked_from_conversation_id: z.string().nullable(),
    forked_from_event_id: z.string().nullable(),
    parent_conversation_id: z.string().nullable(),
    sub_conversation_ids: z.array(z.string()),
    tags: z.record(z.string(), z.string()),
    current_model_id: z.string().nullable(),
    available_models: z.array(z.looseObject({})),
    supports_runtime_model_switch: z.boolean(),
    launched_agent_profile: z.looseObject({}).nullable(),
    agent,
    client_tools: z.array(clientToolSpec),
  })
  .meta({ id: "ConversationInfo" });

export const conversationSortOrder = z.enum([
  "CREATED_AT",
  "UPDATED_AT",
  "CREATED_AT_DESC",
  "UPDATED_AT_DESC",
]);
export const eventSortOrder = z.enum(["TIMESTAMP", "TIMESTAMP_DESC"]);

export const conversationPage = z
  .object({ items: z.array(conversationInfo), next_page_id: z.string().nullable() })
  .meta({ id: "ConversationPage" });

export const eventPage = z
  .object({ items: z.array(event), next_page_id: z.string().nullable() })
  .meta({ id: "EventPage" });

export const updateConversationRequest = z
  .object({ title: nullable(z.string().trim().min(1).max(200)), tags: nullable(tags) })
  .meta({ id: "UpdateConversationRequest" });

export const success = z.object({ success: z.boolean() }).meta({ id: "Success" });
export const agentFinalResponse = z.object({ response: z.string() }).meta({ id: "AgentResponseResult" });

/** The folder a conversation works in. */
export type Workspace = z.output<typeof workspace>;
/** A request for a new conversation. What is left out gets its default. */
export type NewConversation = z.input<typeof startConversationRequest>;
/** A request for a new conversation that was validated and has its defaults. */
export type StartConversationRequest = z.output<typeof startConversationRequest>;
/** A conversation as every answer shows it. */
export type ConversationInfo = z.input<typeof conversationInfo>;
/** The order of a list of conversations. `_DESC` starts with the newest. */
export type ConversationSortOrder = z.output<typeof conversationSortOrder>;
/** The order of a list of events. `_DESC` starts with the newest. */
export type EventSortOrder = z.output<typeof eventSortOrder>;
/** A new title and new tags for a conversation; null keeps the present ones. */
export type UpdateConversationRequest = z.output<typeof updateConversationRequest>;
