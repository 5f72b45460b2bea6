import { AgentServerError } from "../../errors.ts";
import type { McpServerPatch } from "../../wire/settings/mcp-server-patch.ts";
import type { SettingsUpdate } from "../../wire/settings/settings.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";

/** An update of one MCP server; null removes it. */
export function serverUpdate(key: string, server: McpServerPatch | null): SettingsUpdate {
  return { agent_settings_diff: { mcp_config: Object.fromEntries([[key, server]]) } };
}

/** Throws `conflict` when there is such a server. */
export function assertServerAbsent(key: string, settings: StoredSettings): void {
  if (hasServer(key, settings)) throw new AgentServerError("conflict", `MCP server '${key}' already exists`);
}

/** Throws `not_found` when there is no such server. */
export function assertServerPresent(key: string, settings: StoredSettings): void {
  if (!hasServer(key, settings)) throw new AgentServerError("not_found", `MCP server '${key}' was not found`);
}

function hasServer(key: string, { agent_settings: { mcp_config: servers } }: StoredSettings): boolean {
  return Object.hasOwn(servers, key);
}
