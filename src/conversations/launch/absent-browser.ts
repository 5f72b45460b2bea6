import { BROWSER } from "../../tools/catalogue.ts";
import type { ToolRegistry } from "../../tools/registry.ts";
import type { Agent } from "../../wire/agent/agent.ts";

/** Leaves out a browser that is not there. Settings name it for every server, so that one agent suits them all. */
export function withoutAbsentBrowser(agent: Agent, registry: Pick<ToolRegistry, "has">): Agent {
  if (registry.has(BROWSER)) return agent;
  return { ...agent, tools: agent.tools.filter(({ name }) => name !== BROWSER) };
}
