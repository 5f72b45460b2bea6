import type { AgentDefinition } from "../../wire/agent/agent-definition.ts";
import type { HookConfig } from "../../wire/agent/hook-config.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";
import type { Skill } from "../../wire/agent/skill.ts";

/** The facts of a plugin. */
export interface PluginFacts {
  name: string;
  version: string;
  description: string;
}

/** A plugin with its parts. */
export interface Plugin extends PluginFacts {
  /** Absolute real path of its folder. */
  path: string;
  skills: Skill[];
  /** Each as the skill that its slash command calls for, `name` included. */
  commands: PluginCommand[];
  /** null without any. */
  hooks: HookConfig | null;
  mcpServers: Readonly<Record<string, PluginServer>>;
  agents: AgentDefinition[];
}

/** A slash command. */
export interface PluginCommand {
  /** Without the plugin's name. */
  name: string;
  skill: Skill;
}

/** An MCP server of a plugin. */
export interface PluginServer {
  server: McpServer;
  /** Whether nothing in it is replaced any more: no secret of a conversation may reach the server. */
  isLiteral: boolean;
}

/** The skills of a plugin with those of its commands. */
export function allSkills({ skills, commands }: Plugin): Skill[] {
  return [...skills, ...commands.map(({ skill }) => skill)];
}
