import { expandVariables } from "../../../mcp/expand-variables.ts";
import { machineVariables } from "../../../mcp/machine-variables.ts";
import type { ToolHost } from "../../../tools/tool.ts";
import type { Agent } from "../../../wire/agent/agent.ts";
import type { McpServer } from "../../../wire/agent/mcp-server.ts";
import type { PluginSession } from "../plugins/plugin-session.ts";

/** The MCP servers of an agent that connects them itself, and of its plugins, with their variables filled in. */
export async function forwardedMcpServers(
  { mcp_config: own }: Agent,
  plugins: Pick<PluginSession, "servers">,
  { workspace, secrets }: Pick<ToolHost, "workspace" | "secrets">,
): Promise<Record<string, McpServer>> {
  const lookUp = async (names: string) => ({
    ...(await machineVariables(workspace, names)),
    ...(await secrets.referencedIn(names)),
  });
  const literal = Object.entries(plugins.servers).filter(([, { isLiteral }]) => isLiteral === true);
  const expanded = Object.entries(plugins.servers).filter(([, { isLiteral }]) => isLiteral !== true);
  const filled = await expandVariables({ ...own, ...serversOf(expanded) }, { lookUp });
  return { ...filled, ...serversOf(literal) };
}

function serversOf(entries: readonly [string, { server: McpServer }][]): Record<string, McpServer> {
  return Object.fromEntries(entries.map(([name, { server }]) => [name, server]));
}
