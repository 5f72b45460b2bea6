import type { LoopExtension } from "../../../agent/loop/extension.ts";
import { agentCondenser } from "./agent-condenser.ts";
import { agentCritic } from "./agent-critic.ts";
import { BudgetExtension } from "./budget-extension.ts";
import type { BuiltInParts } from "./built-in-parts.ts";
import { McpExtension } from "./mcp-extension.ts";
import { skillsExtension } from "./skills.ts";

/**
 * Makes the extensions that a conversation asks for by its own configuration, in the order in which they are asked:
 * sources of tools, then what judges the work, so that hooks are asked about a stop that the critic lets pass, then guards,
 * then what adds text to messages, and last what shortens the prompt, so that it counts the text that the others add. Those
 * of the embedding program follow.
 */
export async function builtInExtensions(parts: BuiltInParts): Promise<LoopExtension[]> {
  return [
    new McpExtension(parts),
    ...(parts.context.budgets === undefined ? [] : [new BudgetExtension(parts)]),
    ...(await agentCritic(parts)),
    ...(await hooks(parts)),
    skillsExtension(parts.host),
    ...agentCondenser(parts.host),
  ];
}

async function hooks(parts: BuiltInParts): Promise<LoopExtension[]> {
  if (parts.config.hook_config === null) return [];
  const { conversationHooks } = await import("./hooks.ts");
  return [await conversationHooks(parts)];
}
