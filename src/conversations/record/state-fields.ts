import type { ConversationHeader } from "../../stores/store.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import { toHex } from "../../wire/ids.ts";
import type { ConversationConfig } from "./conversation-config.ts";
import type { StateDocument, StoredConversation } from "./conversation-documents.ts";

export type StateKey = keyof ConversationState;

/** A stored conversation that its state is read from. */
export interface StateSource {
  record: Pick<ConversationHeader, "id" | "status" | "leafEventId">;
  documents: StoredConversation;
  /** Base folder of `persistence_dir`. */
  persistenceDir: string;
}

/** Where a field of the state is kept, and its value where the stored document does not have it yet. */
type StateField<Key extends StateKey> =
  | (Key extends keyof ConversationConfig ? { home: "config" } : never)
  | { home: "state"; empty(): ConversationState[Key] }
  | { home: "record" | "agent" | "secrets" | "stats"; read(source: StateSource): ConversationState[Key] };

type StateFields = { readonly [Key in StateKey]: StateField<Key> };

const list = () => [];
const map = () => ({});
const nothing = () => null;

/**
 * The fields of a conversation's state, in the order in which `full_state` shows them. `home` says where a field is
 * kept: `record` in a column, the others in the document of that name.
 *
 * Reading, writing, first values and `ConversationInfo` follow this table: a new field is a line here and its schema in
 * `wire`. The first value of a field of `state` is that of the start request, if it has one of that name.
 */
export const STATE_FIELDS: StateFields = {
  id: { home: "record", read: ({ record }) => record.id },
  agent: { home: "agent", read: ({ documents }) => documents.agent },
  workspace: { home: "config" },
  persistence_dir: {
    home: "record",
    read: ({ record, persistenceDir }) => `${persistenceDir}/${toHex(record.id)}`,
  },
  max_iterations: { home: "config" },
  stuck_detection: { home: "config" },
  execution_status: { home: "record", read: ({ record }) => record.status },
  confirmation_policy: { home: "state", empty: () => ({ kind: "NeverConfirm" }) },
  security_analyzer: { home: "state", empty: nothing },
  activated_knowledge_skills: { home: "state", empty: list },
  activated_path_rules: { home: "state", empty: list },
  invoked_skills: { home: "state", empty: list },
  blocked_actions: { home: "state", empty: map },
  blocked_messages: { home: "state", empty: map },
  last_user_message_id: { home: "state", empty: nothing },
  leaf_event_id: { home: "record", read: ({ record }) => record.leafEventId },
  head_is_empty: { home: "state", empty: () => false },
  stats: { home: "stats", read: ({ documents }) => documents.stats },
  secret_registry: { home: "secrets", read: ({ documents }) => ({ secret_sources: documents.secrets }) },
  tags: { home: "state", empty: map },
  agent_state: { home: "state", empty: map },
  hook_config: { home: "state", empty: nothing },
};

/** The keys of the table, in its order. */
export const STATE_KEYS = Object.keys(STATE_FIELDS) as readonly StateKey[];

/** Fields that change together with an event that says so: a message, or the result of a call. */
export const SHOWN_BY_EVENTS: ReadonlySet<StateKey> = new Set([
  "activated_knowledge_skills",
  "activated_path_rules",
  "invoked_skills",
]);

/** Fields whose values may hold secrets: `ConversationInfo` shows those as null. */
export const SECRET_KEYS: readonly StateKey[] = ["agent", "security_analyzer", "secret_registry"];

/** The state of a stored conversation. Secrets are as they are in the documents, open or sealed. */
export function toState(source: StateSource): ConversationState {
  return Object.fromEntries(
    STATE_KEYS.map((key) => [key, read(key, source)]),
  ) as unknown as ConversationState;
}

/** The document "state" of a state, or of a start request: the fields kept there that it has. */
export function toStateDocument(values: ConversationState | StartConversationRequest): StateDocument {
  const own = values as StateDocument;
  const keys = STATE_KEYS.filter((key) => STATE_FIELDS[key].home === "state" && key in own);
  return Object.fromEntries(keys.map((key) => [key, own[key]]));
}

function read(key: StateKey, source: StateSource): unknown {
  const field = STATE_FIELDS[key];
  const { config, state } = source.documents;
  switch (field.home) {
    case "config":
      return config[key as keyof ConversationConfig];
    case "state":
      return key in state ? state[key] : field.empty();
    default:
      return field.read(source);
  }
}
