import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { openSecrets } from "../../secrets/secret-fields.ts";
import type { Change } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { StartConversationRequest } from "../../wire/conversation.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import { toConfig } from "./conversation-config.ts";
import { persistenceDirOf } from "./conversation-info.ts";
import { DocumentWriter } from "./document-writer.ts";
import { createAgent } from "./requested-agent.ts";

export interface StartContext {
  id: string;
  /** UTC with Z. */
  now: string;
  createdBy: string | null;
  cipher: Cipher | undefined;
  persistenceDir: string;
}

const WRITTEN_KEYS = ["agent", "secret_registry", "confirmation_policy", "stats"] as const;

/** The agent and the secrets of a start request, those of the agent's context too, opened if they came sealed. */
export function agentAndSecrets(
  request: StartConversationRequest,
  { cipher, now }: Pick<StartContext, "cipher" | "now">,
): { agent: Agent; secrets: SecretSources } {
  const agent = createAgent(request, now);
  const given = { agent, secrets: withContextSecrets(request.secrets, agent) };
  if (!request.secrets_encrypted) return given;
  if (cipher === undefined) {
    throw new AgentServerError(
      "internal",
      "Cannot decrypt secrets: cipher not configured. Set OH_SECRET_KEY environment variable.",
    );
  }
  return openSecrets(given, cipher).value;
}

/** What the store must write for a new conversation, idle and without events. */
export function toFirstChange(
  request: StartConversationRequest,
  given: { agent: Agent; secrets: SecretSources },
  context: StartContext,
): Change {
  const { id, now, createdBy, cipher } = context;
  const { documents } = new DocumentWriter(cipher).change(firstState(request, given, context), WRITTEN_KEYS);
  return {
    conversationId: id,
    create: {
      createdAt: now,
      updatedAt: now,
      status: "idle",
      title: null,
      parentId: request.parent_conversation_id,
      createdBy,
      leafEventId: null,
    },
    documents: { ...documents, config: JSON.stringify(toConfig(request)), calls: "{}" },
  };
}

function firstState(
  request: StartConversationRequest,
  given: { agent: Agent; secrets: SecretSources },
  context: StartContext,
): ConversationState {
  return {
    id: context.id,
    agent: given.agent,
    workspace: request.workspace,
    persistence_dir: persistenceDirOf(context.id, context.persistenceDir),
    max_iterations: request.max_iterations,
    stuck_detection: request.stuck_detection,
    execution_status: "idle",
    confirmation_policy: request.confirmation_policy,
    security_analyzer: request.security_analyzer,
    activated_knowledge_skills: [],
    activated_path_rules: [],
    invoked_skills: [],
    blocked_actions: {},
    blocked_messages: {},
    last_user_message_id: null,
    leaf_event_id: null,
    head_is_empty: false,
    stats: { usage_to_metrics: {} },
    secret_registry: { secret_sources: given.secrets },
    tags: request.tags,
    agent_state: {},
    hook_config: request.hook_config,
  };
}

/** Secrets of the agent's context fill the names that the request leaves free. */
function withContextSecrets(secrets: SecretSources, agent: Agent): SecretSources {
  const own = Object.entries(agent.agent_context?.secrets ?? {}).map(([name, secret]) => [
    name,
    typeof secret === "string" ? { value: secret, description: null, kind: "StaticSecret" } : secret,
  ]);
  return { ...Object.fromEntries(own), ...secrets };
}
