import { AgentServerError } from "../errors.ts";
import { isKnownTokenizer } from "../llm/tokens/tokenizer.ts";
import type { ToolRegistry } from "../tools/registry.ts";
import { isOptionalTool } from "../tools/toolbox/absent-tools.ts";
import type { Agent } from "../wire/agent/agent.ts";
import { namesProfileFolder } from "../wire/agent/agent-definition.ts";
import { QWEN } from "../wire/agent/critic-labels.ts";
import { type HookConfig, momentsWithHooks } from "../wire/agent/hook-config.ts";
import type { SecurityAnalyzer } from "../wire/agent/policies.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";

/** A start request with the agent that it leads to. */
export interface AskedFor {
  request: Pick<
    StartConversationRequest,
    "plugins" | "hook_config" | "security_analyzer" | "container" | "agent_definitions"
  > &
    Partial<Pick<StartConversationRequest, "confirmation_policy">>;
  agent: Agent;
  /** Whether the machines of conversations are containers. */
  hasContainers: boolean;
  /** The tools of this server. Default: all that it knows can be used. */
  registry?: Pick<ToolRegistry, "has" | "isUsable">;
}

/** A part of the protocol that this server does not carry out yet. */
interface Unserved {
  /** Field of the request, for the caller. */
  field: string;
  /** The part of the field that asks for it, in words; undefined when none does. */
  asked(asked: AskedFor): string | undefined;
  /** The reason of a refusal, or the consequence of a warning. */
  instead: string;
}

/**
 * Requests that are refused: without these the agent would do more, or other things, than its user allows, and clients
 * send them only on purpose.
 */
const REFUSED: readonly Unserved[] = [
  {
    field: "agent.critic.tokenizer_name",
    asked: ({ agent: { critic } }) =>
      critic?.kind !== "APIBasedCritic" || critic.tokenizer_name === QWEN
        ? undefined
        : critic.tokenizer_name.slice(0, MAX_NAME),
    instead: `this server writes for critics in the chat format of ${QWEN} alone`,
  },
  {
    field: "agent.tools",
    asked: ({ agent }) =>
      listed(
        agent.tools.flatMap(({ params }) => (params.username == null ? [] : [`the user ${params.username}`])),
      ),
    instead: "commands run as the user of this server",
  },
  {
    field: "agent.tools",
    asked: ({ agent }) =>
      agent.kind === "ACPAgent" ? listed(agent.tools.map(({ name }) => name)) : undefined,
    instead: "an agent that is another program has its own tools",
  },
  {
    field: "agent.condenser",
    asked: ({ agent }) => (agent.kind === "ACPAgent" ? agent.condenser?.kind : undefined),
    instead: "an agent that is another program shortens its prompts itself",
  },
];

/** Characters of the result of a tool, as the reference cuts it. */
const MAX_RESULT_CHARS = 50_000;

const UNRATED =
  "has no api_key for it: GraySwan is asked with the key of this server (GRAYSWAN_API_KEY), if it has one, and every other " +
  "action is UNKNOWN";

const ITS_OWN_TOOLS = "an agent that is another program runs its tools itself";

/** Requests that are carried out as far as possible, with a warning: clients send these by default. */
const WARNED: readonly Unserved[] = [
  {
    field: "security_analyzer",
    asked: ({ request }) => listed(keylessAnalyzers(request.security_analyzer)),
    instead: UNRATED,
  },
  {
    field: "hook_config",
    asked: ({ request, agent }) =>
      agent.kind === "ACPAgent" ? listed(toolHooks(request.hook_config)) : undefined,
    instead: `${ITS_OWN_TOOLS}: hooks before a tool see what it asks permission for, and those after one see nothing`,
  },
  {
    field: "confirmation_policy",
    asked: ({ request, agent }) =>
      agent.kind === "ACPAgent" && request.confirmation_policy?.kind !== "NeverConfirm"
        ? request.confirmation_policy?.kind
        : undefined,
    instead: `${ITS_OWN_TOOLS}: the user is asked about what it asks permission for`,
  },
  {
    field: "security_analyzer",
    asked: ({ request, agent }) => (agent.kind === "ACPAgent" ? request.security_analyzer?.kind : undefined),
    instead: `${ITS_OWN_TOOLS}: what it asks permission for is rated`,
  },
  {
    field: "agent.llm.custom_tokenizer",
    asked: ({ agent: { llm } }) =>
      isKnownTokenizer(llm.custom_tokenizer ?? "") ? undefined : llm.custom_tokenizer?.slice(0, MAX_NAME),
    instead: "tokens are counted by the provider, or else by the tokenizer of OpenAI's models or by length",
  },
  {
    field: "agent.llm.max_message_chars",
    asked: ({ agent: { llm } }) =>
      llm.max_message_chars > MAX_RESULT_CHARS ? `${llm.max_message_chars} characters` : undefined,
    instead: "the result of a tool is cut at 50,000 characters, as in the reference",
  },
  {
    field: "agent.llm.ollama_base_url",
    asked: ({ agent: { llm } }) =>
      llm.base_url === null && /^ollama\//.test(llm.model)
        ? undefined
        : llm.ollama_base_url?.slice(0, MAX_NAME) || undefined,
    instead: "the model is asked at base_url, or is none of Ollama's",
  },
  {
    field: "agent.llm.subscription_vendor",
    asked: ({ agent: { llm } }) =>
      llm.auth_type === "subscription" ? undefined : (llm.subscription_vendor ?? undefined),
    instead: "auth_type api_key uses no subscription: the model is asked with a key",
  },
  {
    field: "agent.tools",
    asked: ({ agent, registry }) =>
      listed(
        agent.tools
          .map(({ name }) => name)
          .filter((name) => isOptionalTool(name) || (registry?.has(name) && !registry.isUsable(name))),
      ),
    instead: "the agent works without these tools",
  },
  {
    field: "agent.tools",
    asked: ({ agent }) =>
      agent.tools.some(({ params }) => params.terminal_type === "tmux") ? "terminal_type tmux" : undefined,
    instead: "terminals are sessions of their own, which behave alike and cannot be attached to",
  },
  {
    field: "agent_definitions",
    asked: ({ request }) => {
      const names = request.agent_definitions.filter(namesProfileFolder).map(({ name }) => name);
      return names.length === 0 ? undefined : `models of profile_store_dir (${listed(names)})`;
    },
    instead: "only LLM profiles that the server keeps are read: the agent works without these sub-agents",
  },
  {
    field: "container",
    asked: ({ request, hasContainers }) =>
      request.container === null || hasContainers ? undefined : "limits of a container",
    instead: "conversations run on the server's machine",
  },
];

/**
 * Says what of a request is left out, a sentence for each part.
 *
 * @throws AgentServerError `unprocessable` for what must not be left out.
 */
export function judgeRequest(asked: AskedFor): string[] {
  const [refusal] = REFUSED.flatMap((entry) => sentence(entry, asked));
  if (refusal !== undefined) throw new AgentServerError("unprocessable", refusal);
  return WARNED.flatMap((entry) => sentence(entry, asked));
}

/** As `judgeRequest`, for an analyzer that a conversation gets later. */
export function judgeAnalyzer(analyzer: SecurityAnalyzer | null): string[] {
  const asked = listed(keylessAnalyzers(analyzer));
  return asked === undefined ? [] : [`security_analyzer: asks for ${asked}, but ${UNRATED}`];
}

/** Throws `unprocessable` for another runtime than the one that this server has. */
export function checkRuntime(
  { conversation_runtime: asked }: StartConversationRequest,
  runtime: "local" | "docker",
): void {
  if (asked === null || asked === runtime) return;
  throw new AgentServerError("unprocessable", `This server only runs ${runtime} conversations`);
}

function sentence({ field, asked, instead }: Unserved, request: AskedFor): string[] {
  const part = asked(request);
  return part === undefined ? [] : [`${field}: asks for ${part}, but ${instead}`];
}

const MAX_LISTED = 10;
const MAX_NAME = 64;

function listed(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, MAX_LISTED).map((name) => name.slice(0, MAX_NAME));
  return [...shown, ...(names.length > MAX_LISTED ? [`${names.length - MAX_LISTED} more`] : [])].join(", ");
}

/** The moments of tools at which hooks would run. */
function toolHooks(config: HookConfig | null): string[] {
  if (config === null) return [];
  return momentsWithHooks(config).filter((moment) => moment.endsWith("_tool_use"));
}

/** The analyzers that have no key for the service they ask, also within ensembles. */
function keylessAnalyzers(analyzer: SecurityAnalyzer | null): string[] {
  if (analyzer === null) return [];
  if (analyzer.kind === "GraySwanAnalyzer" && !analyzer.api_key) return [analyzer.kind];
  return Array.isArray(analyzer.analyzers) ? analyzer.analyzers.flatMap(keylessAnalyzers) : [];
}
