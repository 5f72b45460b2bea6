import { BROWSER } from "../../tools/catalogue.ts";
import type { ToolRegistry } from "../../tools/registry.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { AgentSettings } from "../../wire/settings/agent/agent-settings.ts";

/**
 * Fits an agent of settings to this server, so that one agent suits them all: a browser that is not there is left out,
 * and one that is there is among the default tools.
 */
export function withBrowserOf(
  registry: Pick<ToolRegistry, "isUsable">,
  agent: Agent,
  settings: AgentSettings | null,
): Agent {
  const others = agent.tools.filter(({ name }) => name !== BROWSER);
  if (!registry.isUsable(BROWSER)) return { ...agent, tools: others };
  const isDefault = settings?.agent_kind === "openhands" && settings.tools === null;
  if (!isDefault || others.length < agent.tools.length) return agent;
  // After the default tools, before those that the request adds.
  const place = others.findIndex(({ name }) => name === "task_tracker") + 1;
  return { ...agent, tools: others.toSpliced(place, 0, { name: BROWSER, params: {} }) };
}
