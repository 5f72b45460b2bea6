import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { openSecrets } from "../../secrets/secret-fields.ts";
import { assertWithinLimits } from "../../secrets/secret-limits.ts";
import type { Change } from "../../stores/store.ts";
import type { Agent, Skill } from "../../wire/agent/agent.ts";
import type { LaunchedAgentProfile } from "../../wire/conversation.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { WorktreePlace } from "../../workspace/git/worktree/plan-worktree.ts";
import { allowedSecrets, type ResolvedProfile } from "../launch/agent-profiles.ts";
import type { SubAgentConfig } from "../sub-agents/sub-agent-config.ts";
import { toConfig } from "./conversation-config.ts";
import type { StateDocument } from "./conversation-documents.ts";
import { DocumentWriter } from "./document-writer.ts";
import { type AcpSkillSourcing, requestedAgent } from "./requested-agent.ts";
import { STATE_KEYS, toState, toStateDocument } from "./state-fields.ts";
import { toolModules } from "./tool-modules.ts";
import type { OpenSecrets } from "./unsealed-secrets.ts";

export interface StartContext {
  id: string;
  /** UTC with Z. */
  now: string;
  createdBy: string | null;
  title: string | null;
  cipher: Cipher | undefined;
  persistenceDir: string;
  /** The agent profile that it is launched from; null without one. */
  launched: LaunchedAgentProfile | null;
  /** The worktree that was made for it; undefined without one. */
  worktree: WorktreePlace | undefined;
  /** The first `agent_state`. Default: an empty one. */
  agentState?: Record<string, unknown> | undefined;
  /** The conversation that it works for, and how. Default: it is not a sub-agent. */
  subAgent?: { of: string; config: SubAgentConfig };
}

/** The additions of the server to a start request. */
export interface LaunchContext extends Pick<StartContext, "cipher" | "now"> {
  /** The agent profile of the request; undefined without one. */
  profile: ResolvedProfile | undefined;
  /** Whether the agent is asked to load its memory, whatever the request says. */
  loadsMemory: boolean;
  /** Skills of the user and public ones, as far as the agent asks for them. */
  sharedSkills: readonly Skill[];
  /** Where agents that are other programs have their skills from. Default: `native`. */
  acpSkillSourcing?: AcpSkillSourcing | undefined;
}

/**
 * The agent and the secrets of a start request, those of the agent's context too, opened if they came sealed. A profile
 * limits the secrets.
 */
export function agentAndSecrets(
  request: StartConversationRequest,
  { cipher, now, profile, loadsMemory, sharedSkills, acpSkillSourcing = "native" }: LaunchContext,
): OpenSecrets {
  const { agent: sentAgent, agent_settings, secrets } = request;
  const sent = { agent: sentAgent, agent_settings, secrets };
  // Opened before the agent is built: what settings lead to depends on whether there is a key.
  const open = request.secrets_encrypted ? openSecrets(sent, requiredCipher(cipher)).value : sent;
  const source = profile === undefined ? open : { ...open, agent_settings: profile.settings };
  const agent = requestedAgent(
    { ...request, ...source },
    { now, loadsMemory, sharedSkills, acpSkillSourcing },
  );
  const supplied = withContextSecrets(open.secrets, agent);
  const opened = { agent, secrets: allowedSecrets(supplied, profile?.launched ?? null) };
  assertWithinLimits(opened.secrets);
  return opened;
}

function requiredCipher(cipher: Cipher | undefined): Cipher {
  if (cipher !== undefined) return cipher;
  throw new AgentServerError(
    "internal",
    "Cannot decrypt secrets: cipher not configured. Set OH_SECRET_KEY environment variable.",
  );
}

/** The change that stores a new conversation, idle and without events. */
export function toFirstChange(
  request: StartConversationRequest,
  { agent, secrets }: OpenSecrets,
  about: StartContext,
): Change {
  const { id, now, createdBy, title, cipher, persistenceDir, launched, worktree, agentState, subAgent } =
    about;
  const create = {
    createdAt: now,
    updatedAt: now,
    status: "idle",
    title,
    parentId: request.parent_conversation_id,
    createdBy,
    leafEventId: null,
    ...(subAgent && { agentOf: subAgent.of }),
  } as const;
  const config = {
    ...toConfig({
      ...request,
      tool_module_qualnames: toolModules(request.tool_module_qualnames, agent),
    }),
    launched_agent_profile: launched,
    ...(worktree && { worktree_place: worktree }),
    ...(subAgent && { sub_agent: subAgent.config }),
  };
  const stats = { usage_to_metrics: {} };
  const documents = { config, agent, secrets, state: firstState(request, agentState), stats };
  const state = toState({ record: { ...create, id }, documents, persistenceDir });
  const written = new DocumentWriter(cipher).change(state, STATE_KEYS).documents;
  return {
    conversationId: id,
    create,
    documents: { ...written, config: JSON.stringify(config), calls: "{}" },
  };
}

/** Hooks show in the state once they are in force, with those of plugins. */
function firstState(
  request: StartConversationRequest,
  agent_state: Record<string, unknown> = {},
): StateDocument {
  return toStateDocument({ ...request, hook_config: null, agent_state });
}

/** Secrets of the agent's context fill the names that the request leaves free. */
function withContextSecrets(secrets: SecretSources, agent: Agent): SecretSources {
  const own = Object.entries(agent.agent_context?.secrets ?? {}).map(([name, secret]) => [
    name,
    typeof secret === "string" ? { description: null, value: secret, kind: "StaticSecret" } : secret,
  ]);
  return { ...Object.fromEntries(own), ...secrets };
}
