import { z } from "zod";
import { acpModel } from "./agent/acp/acp-model.ts";
import { type Agent, agent } from "./agent/agent.ts";
import { hookConfig } from "./agent/hook-config.ts";
import { confirmationPolicy, securityAnalyzer } from "./agent/policies.ts";
import { clientToolSpec } from "./agent/tool-definition.ts";
import { localWorkspace, tags } from "./conversation-parts.ts";
import { anyEvent } from "./events/any-event.ts";
import { executionStatus } from "./execution-status.ts";
import { uuid } from "./ids.ts";
import { conversationStats, metricsSnapshot } from "./metrics.ts";
import { nullable } from "./nullable.ts";
import { secretSource } from "./secret-source.ts";

/** Availability of what runs a conversation. Local conversations are always available. */
export const runtimeInfo = z
  .object({
    runtime_status: z
      .enum(["available", "starting", "missing", "ownership_lost", "error"])
      .meta({ id: "ConversationRuntimeStatus" }),
    can_resume: z.boolean(),
    runtime_error: z
      .object({ code: z.string(), message: z.string() })
      .meta({ id: "ConversationRuntimeError" })
      .nullable(),
  })
  .meta({ id: "ConversationRuntimeInfo" });

/** The agent profile that a conversation was launched with. */
export const launchedAgentProfile = z
  .object({
    agent_profile_id: uuid,
    revision: z.int().min(0),
    secret_refs: nullable(z.array(z.string())),
    llm_profile_ref: nullable(z.string()),
  })
  .meta({ id: "LaunchedAgentProfile" });

/** A conversation as every route shows it. All 35 keys are always present; secrets are null. */
export const conversationInfo = z
  .object({
    id: z.string().describe("Dashed UUID"),
    workspace: localWorkspace,
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
    secret_registry: z
      .object({ secret_sources: z.record(z.string(), secretSource) })
      .meta({ id: "SecretRegistry" }),
    agent_state: z.record(z.string(), z.unknown()),
    hook_config: hookConfig.nullable(),
    title: z.string().nullable(),
    metrics: metricsSnapshot.nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    forked_from_conversation_id: z.string().nullable(),
    forked_from_event_id: z.string().nullable(),
    parent_conversation_id: z.string().nullable(),
    sub_conversation_ids: z.array(z.string()),
    tags: z.record(z.string(), z.string()),
    current_model_id: z.string().nullable(),
    available_models: z.array(acpModel),
    supports_runtime_model_switch: z.boolean(),
    launched_agent_profile: launchedAgentProfile.nullable(),
    agent,
    client_tools: z.array(clientToolSpec),
    tool_module_qualnames: z.record(z.string(), z.string()),
    runtime_info: runtimeInfo.nullable().describe("Null in the answer of a start"),
  })
  .meta({ id: "ConversationInfo" });

export const conversationSortOrder = z
  .enum(["CREATED_AT", "UPDATED_AT", "CREATED_AT_DESC", "UPDATED_AT_DESC"])
  .meta({ id: "ConversationSortOrder" });
export const eventSortOrder = z.enum(["TIMESTAMP", "TIMESTAMP_DESC"]).meta({ id: "EventSortOrder" });

export const conversationPage = z
  .object({ items: z.array(conversationInfo), next_page_id: z.string().nullable() })
  .meta({ id: "ConversationPage" });

export const eventPage = z
  .object({ items: z.array(anyEvent), next_page_id: z.string().nullable() })
  .meta({ id: "EventPage" });

/** The reference counts the spaces around a title, refuses a title of nothing else, and stores it without them. */
const conversationTitle = z
  .string()
  .min(1, { abort: true })
  .max(200, { abort: true })
  .refine((title) => title.trim() !== "", { message: "Value error, title must not be blank" })
  .transform((title) => title.trim());

export const updateConversationRequest = z
  .object({ title: nullable(conversationTitle), tags: nullable(tags) })
  .meta({ id: "UpdateConversationRequest" });

export const forkConversationRequest = z
  .object({
    id: nullable(uuid).describe("Default: a new one"),
    title: nullable(z.string().max(200)),
    tags: nullable(tags),
    reset_metrics: z.boolean().default(true).describe("Whether the figures of the fork begin at zero"),
    from_event_id: nullable(z.string()).describe(
      "Last event of the branch to copy; by default all is copied",
    ),
  })
  .meta({ id: "ForkConversationRequest" });

export const navigateConversationRequest = z
  .object({ event_id: nullable(z.string()).describe("The new HEAD; null stands before the first event") })
  .meta({ id: "NavigateConversationRequest" });

const isolation = z.enum(["worktree", "shared"]);

export const startChildConversationRequest = z
  .object({
    task: z.string().min(1).describe("First message of the user, which the run starts with"),
    title: nullable(z.string()),
    isolation: isolation
      .default("worktree")
      .describe("Without a repository, the folder is shared in any case"),
  })
  .meta({ id: "StartChildConversationRequest" });

export const startChildConversationResponse = z
  .object({
    conversation_id: z.string(),
    parent_conversation_id: z.string(),
    status: z.string(),
    title: z.string().nullable(),
    url: z.string().nullable(),
    workspace: z.string().nullable(),
    isolation: isolation.nullable(),
  })
  .meta({ id: "StartChildConversationResponse" });

export const success = z.object({ success: z.boolean() }).meta({ id: "Success" });
export const agentFinalResponse = z.object({ response: z.string() }).meta({ id: "AgentResponseResult" });

/** The folder a conversation works in. */
export type Workspace = z.output<typeof localWorkspace>;
/** A conversation as every answer shows it. */
export interface ConversationInfo extends Omit<z.input<typeof conversationInfo>, "agent"> {
  /** The agent with everything that it has. */
  agent: Agent;
}
/** Availability of what runs a conversation. */
export type RuntimeInfo = z.output<typeof runtimeInfo>;
/** The agent profile that a conversation was launched with. */
export type LaunchedAgentProfile = z.output<typeof launchedAgentProfile>;
/** The order of a list of conversations. `_DESC` starts with the newest. */
export type ConversationSortOrder = z.output<typeof conversationSortOrder>;
/** The order of a list of events. `_DESC` starts with the newest. */
export type EventSortOrder = z.output<typeof eventSortOrder>;
/** A task for a child of a conversation. */
export type StartChildRequest = z.output<typeof startChildConversationRequest>;
/** A child that was started: its id, its first status, where it works and whether it shares that place. */
export type ChildConversation = z.output<typeof startChildConversationResponse>;
/** A new title and new tags for a conversation; null keeps the present ones. */
export type UpdateConversationRequest = z.output<typeof updateConversationRequest>;
