import { AgentServerError } from "../../errors.ts";
import { ALWAYS_TOOLS } from "../../tools/catalogue.ts";
import { type Agent, agent as agentSchema, type ToolSpec } from "../../wire/agent/agent.ts";
import type { AgentDefinition } from "../../wire/agent/agent-definition.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import { type ConfirmationPolicy, confirmationPolicy } from "../../wire/agent/policies.ts";
import { emptyContext } from "../../wire/settings/agent/agent-of-settings.ts";
import { DELEGATION_TOOLS, scopedTool } from "../../wire/settings/agent/delegation-tools.ts";
import type { KnownSubAgent } from "./definitions.ts";

/** Tools that reach nothing but their own conversation. */
const LOCAL_TOOLS: ReadonlySet<string> = new Set(["task_tracker"]);

/** Sets and tools that are one: naming one of them is naming the other. */
const SAME_TOOL: ReadonlyMap<string, string> = new Map([
  ["task", "task_tool_set"],
  ["workflow", "workflow_tool_set"],
]);

/** The names of the parts of the default condenser, which sub-agents have as other agents do. */
const CONDENSER = { kind: "LLMSummarizingCondenser", max_size: 80, keep_first: 4 } as const;
const CONDENSER_USAGE = "condenser";

export interface SubAgentSources {
  /** The agent that it works for, as it is now. */
  parent: Agent;
  /** The model that its definition names. Undefined for that of the parent. */
  model: LlmConfig | undefined;
  isScoped: boolean;
  /** UTC with Z. */
  now: string;
}

/** Makes the agent of a definition. It has the MCP servers of its parent, and answers in one piece. */
export function subAgentOf({ definition, skills }: KnownSubAgent, sources: SubAgentSources): Agent {
  const { parent, model, now } = sources;
  const llm = withoutStream(model ?? parent.llm);
  const { system_prompt: suffix } = definition;
  const hasContext = suffix !== "" || skills.length > 0;
  return agentSchema.parse({
    kind: "Agent",
    llm,
    tools: definition.tools.map((name) => toolOf(name, sources)),
    agent_context: hasContext
      ? { ...emptyContext(now), system_message_suffix: suffix || null, skills: [...skills] }
      : null,
    mcp_config: parent.mcp_config,
    condenser:
      definition.condenser === null
        ? { ...CONDENSER, llm: { ...llm, usage_id: CONDENSER_USAGE } }
        : own(definition, llm),
  }) as Agent;
}

/** The policy of a definition. Undefined for that of its parent. Throws `unprocessable` for one that there is not. */
export function policyOf({ name, permission_mode: mode }: AgentDefinition): ConfirmationPolicy | undefined {
  switch (mode) {
    case null:
      return undefined;
    case "always_confirm":
      return { kind: "AlwaysConfirm" };
    case "never_confirm":
      return { kind: "NeverConfirm" };
    case "confirm_risky":
      return confirmationPolicy.parse({ kind: "ConfirmRisky" });
    default:
      throw new AgentServerError(
        "unprocessable",
        `Sub-agent '${name}': permission_mode must be always_confirm, never_confirm or confirm_risky`,
      );
  }
}

/** The tools of a definition that an agent lacks, apart from those that reach nothing but their own conversation. */
export function missingTools({ tools }: AgentDefinition, parent: Agent): string[] {
  const defaults = parent.include_default_tools.map((name) => ALWAYS_TOOLS[name]?.name ?? name);
  const has = new Set([...parent.tools.map(({ name }) => name), ...defaults].map(canonical));
  return [...new Set(tools)].filter((name) => !LOCAL_TOOLS.has(name) && !has.has(canonical(name))).sort();
}

/** Whether an agent may start sub-agents. */
export function delegates({ tools }: Pick<Agent, "tools">): boolean {
  return tools.some(({ name }) => DELEGATION_TOOLS.has(name));
}

function canonical(name: string): string {
  return SAME_TOOL.get(name) ?? name;
}

function toolOf(name: string, { isScoped: scoped }: SubAgentSources): ToolSpec {
  const tool = { name, params: {} };
  return scoped ? scopedTool(tool) : tool;
}

/** Subscriptions answer in streams alone. */
function withoutStream(llm: LlmConfig): LlmConfig {
  return { ...llm, stream: llm.stream && llm.auth_type === "subscription" };
}

/** The condenser of a definition. What its model uses is not counted as that of the agent. */
function own({ condenser }: AgentDefinition, llm: LlmConfig): AgentDefinition["condenser"] {
  if (condenser?.kind !== "LLMSummarizingCondenser" || condenser.llm.usage_id !== llm.usage_id)
    return condenser;
  return { ...condenser, llm: { ...condenser.llm, usage_id: CONDENSER_USAGE } };
}
