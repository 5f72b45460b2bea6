import { isObject } from "../../is-object.ts";
import { lenientMcpConfig } from "../../wire/agent/mcp-server.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, orSkip, readText } from "../place.ts";
import type { PluginServer } from "./plugin.ts";

/**
 * Reads the MCP servers of a plugin in the layout of Claude Code. Only `${SKILL_ROOT}` is replaced: other variables are
 * those of a conversation. None for a faulty file, which is logged.
 */
export async function claudeServers(
  place: ExtensionPlace,
  root: string,
): Promise<Record<string, PluginServer>> {
  const path = joinPath(root, ".mcp.json");
  const text = await readText(place, path);
  if (text === null) return {};
  const servers = await orSkip(place, path, async () => {
    const config: unknown = JSON.parse(text);
    if (!isObject(config)) throw new Error(".mcp.json is no object");
    return lenientMcpConfig.parse(withRoot(config.mcpServers ?? {}, root));
  });
  return Object.fromEntries(
    Object.entries(servers ?? {}).map(([name, server]) => [name, { server, isLiteral: false }]),
  );
}

const ROOT = /\$\{SKILL_ROOT(?::-[^}]*)?\}/g;

function withRoot(value: unknown, root: string): unknown {
  if (typeof value === "string") return value.replaceAll(ROOT, () => root);
  if (Array.isArray(value)) return value.map((item) => withRoot(item, root));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withRoot(item, root)]));
}
