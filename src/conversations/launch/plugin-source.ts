import type { McpServerEntry } from "../../mcp/mcp-host.ts";
import type { ToolSecrets } from "../../tools/tool.ts";
import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import type { AgentDefinition, PluginSource } from "../../wire/agent/agent-definition.ts";
import type { HookConfig } from "../../wire/agent/hook-config.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/** A plugin as a conversation uses it. */
export interface ConversationPlugin {
  name: string;
  /** With those of its commands. */
  skills: readonly Skill[];
  /** null without any. */
  hooks: HookConfig | null;
  servers: Readonly<Record<string, McpServerEntry>>;
  agents: readonly AgentDefinition[];
  /** null for one in a folder of the user or the project, which is looked for again. */
  pinned: PinnedPlugin | null;
}

/** The place that a plugin was loaded from, at the commit that it had. */
export interface PinnedPlugin {
  /** With variables of secrets, and without credentials. */
  source: string;
  /** The commit of a repository. null for a path. */
  resolved_ref: string | null;
  repo_path: string | null;
  /** The ref that was asked for. */
  original_ref: string | null;
}

/** The conversation that plugins are loaded for. */
export interface PluginHost {
  /** The machine of the agent, where plugins of the project lie. */
  workspace: Workspace;
  /** Fill the variables of sources. */
  secrets: ToolSecrets;
}

/** The plugins that a conversation begins with. */
export interface PluginRequest {
  requested: readonly PluginSource[];
  marketplaces: readonly MarketplaceRegistration[];
  /** Those that it began with before, which are loaded instead of both. undefined for the first time. */
  pinned: readonly PinnedPlugin[] | undefined;
}

/** Plugins in the order in which they are merged: those that win come last. */
export interface LoadedPlugins {
  plugins: readonly ConversationPlugin[];
  /** Skills of marketplaces that belong to no plugin. */
  skills: readonly Skill[];
}

/**
 * Where plugins come from. A plugin that was asked for and cannot be loaded is an AgentServerError; one that lies in a
 * folder of the user or the project is logged and left out.
 */
export interface PluginLoader {
  /** Loads the plugins of a conversation. */
  atStart(host: PluginHost, request: PluginRequest): Promise<LoadedPlugins>;
  /** Loads a plugin of registered marketplaces. `not_found` and `bad_request` for a reference that leads to none. */
  byReference(
    host: PluginHost,
    reference: string,
    marketplaces: readonly MarketplaceRegistration[],
  ): Promise<ConversationPlugin>;
}
