import type { ConversationRecord } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ConversationStats } from "../../wire/metrics.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { toStats } from "./usage.ts";

/**
 * How a conversation is kept: named JSON texts, split by how often they change and who reads them.
 *
 * - `config`: what the start request said. Written once.
 * - `agent`, `secrets`: sealed; written when they change.
 * - `shown_agent`: the agent as routes show it, without secrets and skills, so that lists need not take them out.
 * - `state`: everything small that changes while the conversation goes on. Sealed.
 * - `stats`: accumulated figures. `calls`: the lists of single calls, bounded, written at the end of a run.
 *
 * Status, title, times and HEAD are columns of the record.
 */
export type DocumentName = "config" | "agent" | "shown_agent" | "secrets" | "state" | "stats" | "calls";

/** What makes a conversation live. */
export const LIVE_DOCUMENTS = ["config", "agent", "secrets", "state", "stats", "calls"] as const;

/** The keys of the state that the document "state" holds. */
export const STATE_DOCUMENT_KEYS = [
  "confirmation_policy",
  "security_analyzer",
  "activated_knowledge_skills",
  "activated_path_rules",
  "invoked_skills",
  "blocked_actions",
  "blocked_messages",
  "last_user_message_id",
  "head_is_empty",
  "tags",
  "agent_state",
] as const satisfies readonly (keyof ConversationState)[];

export type StateDocument = Pick<ConversationState, (typeof STATE_DOCUMENT_KEYS)[number]>;

/** A record of the store with its documents read; secrets are still sealed. Without "calls" their lists are empty. */
export interface StoredConversation {
  config: ConversationConfig;
  agent: Agent;
  secrets: SecretSources;
  state: StateDocument;
  stats: ConversationStats;
}

/** `agent` is the document that the agent is taken from. */
export function readDocuments(
  record: ConversationRecord,
  agent: "agent" | "shown_agent" = "agent",
): StoredConversation {
  return {
    config: read(record, "config"),
    agent: read(record, agent),
    secrets: read(record, "secrets"),
    state: read(record, "state"),
    stats: toStats(read(record, "stats"), "calls" in record.documents ? read(record, "calls") : {}),
  };
}

function read<T>(record: ConversationRecord, name: DocumentName): T {
  const text = record.documents[name];
  if (text === undefined) throw new Error(`Conversation ${record.id} has no document "${name}"`);
  return JSON.parse(text) as T;
}

export function toStateDocument(state: ConversationState): StateDocument {
  return Object.fromEntries(STATE_DOCUMENT_KEYS.map((key) => [key, state[key]])) as unknown as StateDocument;
}
