import type { ConversationRecord } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ConversationStats } from "../../wire/metrics.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { toStats } from "./usage.ts";

/**
 * The named JSON texts that a conversation is kept in, split by how often they change and what reads them.
 *
 * - `config`: the parts of the start request that stay. Written once.
 * - `agent`, `secrets`: sealed; written when they change.
 * - `shown_agent`: the agent as routes show it, without secrets and skills, so that lists need not remove them.
 * - `state`: small fields that change while the conversation goes on. Sealed.
 * - `stats`: accumulated figures. `calls`: the lists of single calls, bounded, written at the end of a run.
 *
 * Status, title, times and HEAD are columns of the record.
 */
export type DocumentName = "config" | "agent" | "shown_agent" | "secrets" | "state" | "stats" | "calls";

/** The documents from which a conversation is loaded into memory. */
export const LIVE_DOCUMENTS = ["config", "agent", "secrets", "state", "stats", "calls"] as const;

/** The document "state". Fields that were added to the table after it was written are missing. */
export type StateDocument = Partial<ConversationState>;

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
    secrets: readSecrets(record),
    state: read(record, "state"),
    stats: toStats(read(record, "stats"), "calls" in record.documents ? read(record, "calls") : {}),
  };
}

function read<T>(record: ConversationRecord, name: DocumentName): T {
  const text = record.documents[name];
  if (text === undefined) throw new Error(`Conversation ${record.id} has no document "${name}"`);
  return JSON.parse(text) as T;
}

/** The secrets of a record by name, still sealed. */
export function readSecrets(record: ConversationRecord): SecretSources {
  return read(record, "secrets");
}
