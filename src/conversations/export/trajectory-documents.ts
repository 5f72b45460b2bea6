import { redactSecrets } from "../../secrets/secret-fields.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import { toHex } from "../../wire/ids.ts";
import { readDocuments } from "../record/conversation-documents.ts";
import { toState } from "../record/state-fields.ts";
import { redactOwnJson } from "./redact-json.ts";

/** The two documents of a conversation's folder, as JSON texts without secrets. */
export interface TrajectoryDocuments {
  /** `meta.json`: the start request without its agent, the title and the times. */
  meta: string;
  /** `base_state.json`: the agent and the state of the run. Null keys are left out. */
  baseState: string;
}

/**
 * Makes the documents that the reference keeps a conversation in. Names of secrets stay, so that a reader sees
 * which to set again.
 *
 * @throws AgentServerError `damaged` for a conversation that cannot be read.
 */
export function trajectoryDocuments(record: ConversationRecord, persistenceDir: string): TrajectoryDocuments {
  const documents = readDocuments(record);
  const state = toState({ record, documents, persistenceDir });
  const { stuck_detection_thresholds: _, container: __, sub_agent: ___, ...config } = documents.config;
  const meta = {
    ...config,
    conversation_id: null,
    parent_conversation_id: record.parentId,
    confirmation_policy: state.confirmation_policy,
    security_analyzer: state.security_analyzer,
    initial_message: null,
    secrets: documents.secrets,
    secrets_encrypted: false,
    agent_launch_additions: null,
    tags: state.tags,
    required_runtime_credential_bindings: [],
    id: toHex(record.id),
    title: record.title,
    metrics: null,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
  return { meta: jsonOf(meta), baseState: jsonOf(state, withoutNull) };
}

function jsonOf(value: object, replacer?: (key: string, value: unknown) => unknown): string {
  return redactOwnJson(JSON.stringify(redactSecrets(value, "asterisks"), replacer));
}

/** Keeps a null of a list, where it is a place. */
function withoutNull(_key: string, value: unknown): unknown {
  return value === null ? undefined : value;
}
