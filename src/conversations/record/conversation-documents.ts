import { z } from "zod";
import type { ConversationRecord } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ConversationStats } from "../../wire/metrics.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import { assertHeader, damaged, type OnDamaged } from "./damage/damaged.ts";
import { DOCUMENT_SHAPES, type DocumentName } from "./document-shapes.ts";
import { toStats } from "./usage.ts";

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

/**
 * Reads the documents of a record; `agent` is the one that the agent is taken from. Figures that are damaged are zero,
 * and `onDamaged` is called with the name of their document.
 *
 * @throws AgentServerError `damaged` when another document is missing, is not JSON or has another shape.
 */
export function readDocuments(
  record: ConversationRecord,
  { agent = "agent", onDamaged }: { agent?: "agent" | "shown_agent"; onDamaged?: OnDamaged | undefined } = {},
): StoredConversation {
  const figures = <T>(name: "stats" | "calls", none: T): T => {
    const { value = none, error } = parse<T>(record, name);
    if (error !== undefined) onDamaged?.(record.id, toPart(name), error);
    return value;
  };
  assertHeader(record);
  const stats = figures("stats", { usage_to_metrics: {} });
  return {
    config: readConfig(record),
    agent: read(record, agent),
    secrets: readSecrets(record),
    state: read(record, "state"),
    stats: toStats(stats, "calls" in record.documents ? figures("calls", {}) : {}),
  };
}

/** The agent of a record, still sealed. */
export function readAgent(record: ConversationRecord): Agent {
  return read(record, "agent");
}

/** The parts of the start request that stay. */
export function readConfig(record: ConversationRecord): ConversationConfig {
  return read(record, "config");
}

/** The changing values of a record, whose secrets are still sealed. */
export function readState(record: ConversationRecord): StateDocument {
  return read(record, "state");
}

/** The secrets of a record by name, still sealed. */
export function readSecrets(record: ConversationRecord): SecretSources {
  return read(record, "secrets");
}

function read<T>(record: ConversationRecord, name: DocumentName): T {
  const { value, error } = parse<T>(record, name);
  if (value === undefined) throw damaged(record.id, toPart(name), error);
  return value;
}

function parse<T>(record: ConversationRecord, name: DocumentName): { value?: T; error?: unknown } {
  const text = record.documents[name];
  if (text === undefined) return { error: new Error("It is missing") };
  try {
    const value: unknown = JSON.parse(text);
    const { error } = DOCUMENT_SHAPES[name].safeParse(value);
    return error === undefined ? { value: value as T } : { error: new Error(z.prettifyError(error)) };
  } catch (error) {
    return { error };
  }
}

function toPart(name: DocumentName): string {
  return `document "${name}"`;
}
