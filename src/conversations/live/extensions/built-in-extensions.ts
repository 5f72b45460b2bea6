import type { LoopExtension } from "../../../agent/loop/extension.ts";
import { agentCondenser } from "./agent-condenser.ts";
import { agentCritic } from "./agent-critic.ts";
import { BudgetExtension } from "./budget-extension.ts";
import type { BuiltInParts } from "./built-in-parts.ts";
import { ImageInspection } from "./image-inspection.ts";
import { LateHooks } from "./late-hooks.ts";
import { limitExtension } from "./limit-extension.ts";
import { McpExtension } from "./mcp-extension.ts";
import { skillsExtension } from "./skills.ts";

/** The extensions that a conversation asks for by its own configuration. */
export interface BuiltInExtensions {
  /** In the order in which they are asked. Those of the embedding program follow. */
  list: LoopExtension[];
  /** Two of them that plugins add to later. */
  mcp: McpExtension;
  hooks: LateHooks;
  /** Judges the steps of sub-agents, too. Undefined without budgets, and for a sub-agent, which is judged elsewhere. */
  budget: BudgetExtension | undefined;
}

/**
 * Makes the extensions of a conversation's own configuration: sources of tools, then what judges the work, so that
 * hooks are asked about a stop that the critic lets pass, then guards, then what adds text to messages, and last what
 * shortens the prompt, so that it counts the text that the others add.
 */
export async function builtInExtensions(parts: BuiltInParts): Promise<BuiltInExtensions> {
  const mcp = new McpExtension(parts);
  const hooks = await LateHooks.open(parts);
  const { host, context, config } = parts;
  const { profiles } = context;
  const images = profiles === undefined ? [] : [new ImageInspection({ host, profiles })];
  const isCounted = context.budgets !== undefined && config.sub_agent === undefined;
  const budget = isCounted ? new BudgetExtension(parts) : undefined;
  const judges = [
    ...(context.limiter ? [limitExtension(parts)] : []),
    ...(budget ? [budget] : []),
    ...(await agentCritic(parts)),
    ...(await guardOfSubAgent(parts)),
  ];
  return {
    list: [...images, mcp, ...judges, hooks, skillsExtension(host), ...agentCondenser(host)],
    mcp,
    hooks,
    budget,
  };
}

async function guardOfSubAgent({ host, config, context }: BuiltInParts): Promise<LoopExtension[]> {
  if (config.sub_agent === undefined) return [];
  const { SubAgentGuard } = await import("../../sub-agents/workers/sub-agent-guard.ts");
  return [new SubAgentGuard(config.sub_agent, () => context.drivers.of(host.conversationId))];
}
