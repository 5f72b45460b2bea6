import { isObject } from "../../is-object.ts";
import { once } from "../../once.ts";
import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import { keptAcpModels } from "../../wire/agent/acp/acp-model.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { type HookConfig, hookConfig } from "../../wire/agent/hook-config.ts";
import type { SecurityAnalyzer } from "../../wire/agent/policies.ts";
import { type ConversationInfo, conversationInfo } from "../../wire/conversation.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import { REDACTED } from "../../wire/secret-source.ts";
import { AVAILABLE } from "../runtime-info.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { readAgent, readDocuments } from "./conversation-documents.ts";
import type { OnDamaged } from "./damage/damaged.ts";
import type { DocumentName } from "./document-shapes.ts";

import { SECRET_KEYS, toState } from "./state-fields.ts";

export interface InfoOptions {
  /** Base folder of `persistence_dir`. */
  persistenceDir: string;
  /** Whether the agent's skills, which may be large, are included. */
  includeSkills: boolean;
  /** Called when figures are shown as zero because they are damaged. */
  onDamaged?: OnDamaged | undefined;
}

const infoKeys = once(() => Object.keys(conversationInfo.shape) as readonly (keyof ConversationInfo)[]);

/**
 * Makes the info of a stored conversation, as routes show it: the keys of its schema, from the state and from the
 * fields that only an info has. Every commit is whole, so this is never behind the conversation in memory.
 *
 * @throws AgentServerError `damaged` when a part that has to be shown is damaged.
 */
export function toConversationInfo(record: ConversationRecord, options: InfoOptions): ConversationInfo {
  const { persistenceDir, onDamaged } = options;
  const documents = readDocuments(record, { agent: agentDocument(options), onDamaged });
  const state = toState({ record, documents, persistenceDir });
  const hooks = { hook_config: shownHooks(state.hook_config) };
  const { security_analyzer: analyzer } = state;
  const shown = { security_analyzer: analyzer && shownAnalyzer(analyzer) };
  const own = { ...ownFields(record, documents.config), ...modelFields(state) };
  const values = { ...state, ...own, ...hooks, ...shown };
  const isHidden = (key: string) =>
    SECRET_KEYS.some((secret) => secret === key) &&
    !Object.hasOwn(shown, key) &&
    !(key === "agent" && isShownAgent(options));
  return Object.fromEntries(
    infoKeys().map((key) => [key, isHidden(key) ? redactSecrets(values[key], "null") : values[key]]),
  ) as unknown as ConversationInfo;
}

/**
 * The documents that a list of conversations reads. The lists of single model calls are large, so they are empty there.
 */
export function listedDocuments(options: Pick<InfoOptions, "includeSkills">): DocumentName[] {
  return ["config", agentDocument(options), "secrets", "state", "stats"];
}

/** The agent without secrets and skills. */
export function toShownAgent(agent: Agent): Agent {
  const { agent_context: context } = agent;
  return redactSecrets({ ...agent, agent_context: context && { ...context, skills: [] } }, "null");
}

/**
 * A record whose copy of the agent for showing is made again from the agent itself, which another reading brought.
 *
 * @throws AgentServerError `damaged` when the agent is damaged too.
 */
export function withShownAgent(
  record: ConversationRecord,
  withAgent: ConversationRecord,
): ConversationRecord {
  const shown = JSON.stringify(toShownAgent(readAgent(withAgent)));
  return { ...record, documents: { ...record.documents, shown_agent: shown } };
}

/** Hooks under the names that infos have for them. Damaged ones are not shown. */
function shownHooks(inState: ConversationState["hook_config"]): HookConfig | null {
  return inState === null ? null : (hookConfig.safeParse(inState).data ?? null);
}

/** The fields of an info that are not part of the state. */
function ownFields(
  record: ConversationRecord,
  config: ConversationConfig,
): Omit<ConversationInfo, keyof ConversationState | keyof ModelFields> {
  return {
    title: record.title,
    metrics: null,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    forked_from_conversation_id: config.forked_from_conversation_id,
    forked_from_event_id: config.forked_from_event_id,
    parent_conversation_id: record.parentId ?? record.agentOf ?? null,
    sub_conversation_ids: record.childIds,
    launched_agent_profile: config.launched_agent_profile,
    client_tools: config.client_tools,
    // Conversations of older servers have none.
    tool_module_qualnames: config.tool_module_qualnames ?? {},
    runtime_info: AVAILABLE,
  };
}

type ModelFields = Pick<
  ConversationInfo,
  "current_model_id" | "available_models" | "supports_runtime_model_switch"
>;

/**
 * The models of the program of an agent, as it has said. Before its start it is expected to take the one that it is to
 * have.
 */
function modelFields({ agent, agent_state: known }: ConversationState): ModelFields {
  const isStarted = typeof known.acp_session_id === "string";
  const { acp_current_model_id: current, acp_available_models: available } = known;
  const expected = agent.kind === "ACPAgent" && !isStarted ? agent.acp_model : null;
  return {
    current_model_id: typeof current === "string" ? current : expected,
    available_models: available === undefined ? [] : keptAcpModels().parse(available),
    supports_runtime_model_switch: known.acp_supports_runtime_model_switch === true,
  };
}

function agentDocument(options: Pick<InfoOptions, "includeSkills">): "agent" | "shown_agent" {
  return isShownAgent(options) ? "shown_agent" : "agent";
}

function isShownAgent({ includeSkills }: Pick<InfoOptions, "includeSkills">): boolean {
  return !includeSkills;
}

/**
 * An analyzer as infos show it, the reference's way: the key of a service is shown as set, and the keys of its models
 * as absent, as those of the agent are.
 */
function shownAnalyzer(analyzer: SecurityAnalyzer): SecurityAnalyzer {
  return withMarks(redactSecrets(analyzer, "null"), analyzer) as SecurityAnalyzer;
}

function withMarks(shown: unknown, { api_key: key, analyzers }: Readonly<Record<string, unknown>>): object {
  if (!isObject(shown)) return {};
  const members = Array.isArray(shown.analyzers) && Array.isArray(analyzers) ? shown.analyzers : undefined;
  return {
    ...shown,
    ...(typeof key === "string" && key.trim() !== "" && { api_key: REDACTED }),
    ...(members && {
      analyzers: members.map((member, at) => {
        const original: unknown = (analyzers as unknown[])[at];
        return isObject(original) ? withMarks(member, original) : member;
      }),
    }),
  };
}
