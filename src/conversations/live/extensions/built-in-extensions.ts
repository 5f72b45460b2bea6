import type { LoopExtension } from "../../../agent/loop/extension.ts";
import { agentCondenser } from "./agent-condenser.ts";
import { agentCritic } from "./agent-critic.ts";
import { BudgetExtension } from "./budget-extension.ts";
import type { BuiltInParts } from "./built-in-parts.ts";
import { ImageInspection } from "./image-inspection.ts";
import { LateHooks } from "./late-hooks.ts";
import { McpExtension } from "./mcp-extension.ts";
import { skillsExtension } from "./skills.ts";

/** The extensions that a conversation asks for by its own configuration. */
export interface BuiltInExtensions {
  /** In the order in which they are asked. Those of the embedding program follow. */
  list: LoopExtension[];
  /** Two of them that plugins add to later. */
  mcp: McpExtension;
  hooks: LateHooks;
}

/**
 * Makes the extensions of a conversation's own configuration: sources of tools, then what judges the work, so that hooks are
 * asked about a stop that the critic lets pass, then guards, then what adds text to messages, and last what shortens the
 * prompt, so that it counts the text that the others add.
 */
export async function builtInExtensions(parts: BuiltInParts): Promise<BuiltInExtensions> {
  const mcp = new McpExtension(parts);
  const hooks = await LateHooks.open(parts);
  const budgets = parts.context.budgets === undefined ? [] : [new BudgetExtension(parts)];
  const { host } = parts;
  const { profiles } = parts.context;
  const images = profiles === undefined ? [] : [new ImageInspection({ host, profiles })];
  const judges = [...budgets, ...(await agentCritic(parts))];
  return {
    list: [...images, mcp, ...judges, hooks, skillsExtension(host), ...agentCondenser(host)],
    mcp,
    hooks,
  };
}
