import { AgentServerError } from "../../../errors.ts";
import type { McpServerEntry } from "../../../mcp/mcp-host.ts";
import type { ToolSecrets, ToolStorage } from "../../../tools/tool.ts";
import type { Agent } from "../../../wire/agent/agent.ts";
import type { AgentDefinition, PluginSource } from "../../../wire/agent/agent-definition.ts";
import type { HookConfig } from "../../../wire/agent/hook-config.ts";
import type { Skill } from "../../../wire/agent/skill.ts";
import { emptyContext } from "../../../wire/settings/agent/agent-of-settings.ts";
import type { LazyWorkspace } from "../../../workspace/lazy-workspace.ts";
import { mergedSkills } from "../../launch/agent-files.ts";
import type { ConversationPlugin, PluginLoader } from "../../launch/plugin-source.ts";
import { type PluginNote, readPluginNote } from "./plugin-note.ts";

export interface PluginSessionOptions {
  /** undefined where the server has no plugins. */
  loader: PluginLoader | undefined;
  /** The plugins of the start request. */
  requested: readonly PluginSource[];
  workspace: LazyWorkspace;
  secrets: ToolSecrets;
  /** Keeps the places of plugins over restarts. */
  storage: ToolStorage;
  /** The time in the form of a new context. */
  now(): string;
}

/** A plugin that a conversation gets later. */
export interface LatePlugin {
  /** The hooks of all plugins from then on, in the order in which they run. null when they stay as they are. */
  hooks: HookConfig[] | null;
  /** Those that are not there yet. */
  servers: Readonly<Record<string, McpServerEntry>>;
  /** Makes it part of the conversation of an agent. Resolves to what gives the agent its skills and servers. */
  join(agent: Agent): Promise<(agent: Agent) => Agent>;
}

/**
 * The plugins of a conversation in memory. Their skills and servers are part of the agent. Skills stay with it; servers
 * and hooks are those that the plugins have when the conversation is loaded, so that a plugin that is taken away runs
 * no more.
 */
export class PluginSession {
  readonly #options: PluginSessionOptions;
  #plugins: readonly ConversationPlugin[] = [];
  /** Names under which the agent shows servers of plugins. */
  #shown: readonly string[] = [];

  constructor(options: PluginSessionOptions) {
    this.#options = options;
  }

  /** The hooks of all plugins, in the order in which they run. */
  get hooks(): HookConfig[] {
    return hooksOf(this.#plugins);
  }

  /** The servers of all plugins. They take the place of the agent's own. */
  get servers(): Record<string, McpServerEntry> {
    return Object.assign({}, ...this.#plugins.map(({ servers }) => servers));
  }

  /** The sub-agents of all plugins. */
  get agents(): AgentDefinition[] {
    return this.#plugins.flatMap(({ agents }) => agents);
  }

  /**
   * Loads the plugins and gives the agent with them.
   *
   * @throws AgentServerError for a plugin that was asked for and cannot be loaded
   */
  async complete(agent: Agent): Promise<Agent> {
    const { loader, requested, storage, secrets } = this.#options;
    if (loader === undefined) return agent;
    const note = readPluginNote(await storage.read());
    const workspace = await this.#options.workspace.get();
    const loaded = await loader.atStart(
      { workspace, secrets },
      {
        requested,
        marketplaces: agent.agent_context?.registered_marketplaces ?? [],
        pinned: note?.pinned,
      },
    );
    const bare = withoutServers(agent, note?.servers ?? []);
    this.#plugins = loaded.plugins;
    this.#shown = Object.keys(this.servers).filter((name) => !Object.hasOwn(bare.mcp_config, name));
    if (isNews(note, this.#note)) await this.#keep();
    const context = bare.agent_context;
    const skilled =
      context === null || loaded.skills.length === 0
        ? bare
        : {
            ...bare,
            agent_context: { ...context, skills: mergedSkills(context.skills, loaded.skills, context) },
          };
    return this.#withServers(
      loaded.plugins.reduce((whole, { skills }) => this.#withSkills(whole, skills), skilled),
    );
  }

  /**
   * Loads one more plugin, of the marketplaces that the agent knows.
   *
   * @throws AgentServerError `not_found`, `bad_request`
   */
  async load(agent: Agent, reference: string): Promise<LatePlugin> {
    const { loader, secrets } = this.#options;
    const marketplaces = agent.agent_context?.registered_marketplaces;
    if (marketplaces === undefined)
      throw unavailable("No agent context available", "Configure agent_context with registered_marketplaces");
    if (marketplaces.length === 0 || loader === undefined)
      throw unavailable("No marketplaces registered", "Configure registered_marketplaces in AgentContext");
    const workspace = await this.#options.workspace.get();
    const plugin = await loader.byReference({ workspace, secrets }, reference, marketplaces);
    const former = this.#plugins.find(({ name }) => name === plugin.name);
    const plugins = [...this.#plugins.filter((one) => one !== former), plugin];
    const before = this.servers;
    const servers = Object.entries(plugin.servers).filter(([name]) => !Object.hasOwn(before, name));
    return {
      hooks: plugin.hooks === null && !former?.hooks ? null : hooksOf(plugins),
      servers: Object.fromEntries(servers),
      join: async (current) => {
        this.#plugins = plugins;
        const added = servers
          .map(([name]) => name)
          .filter((name) => !Object.hasOwn(current.mcp_config, name));
        this.#shown = [...this.#shown, ...added];
        await this.#keep();
        return (agent) => this.#withServers(this.#withSkills(agent, plugin.skills));
      },
    };
  }

  /** The skills of a plugin take the place of those of the same name. */
  #withSkills(agent: Agent, skills: readonly Skill[]): Agent {
    const context = agent.agent_context ?? emptyContext(this.#options.now());
    const byName = new Map([...context.skills, ...skills].map((skill) => [skill.name, skill]));
    return { ...agent, agent_context: { ...context, skills: [...byName.values()] } };
  }

  /** An agent goes on showing its own server under a name that a plugin takes: the plugin may be taken away. */
  #withServers(agent: Agent): Agent {
    const all = this.servers;
    const shown = this.#shown.flatMap((name) =>
      all[name] === undefined ? [] : [[name, all[name].server] as const],
    );
    if (shown.length === 0) return agent;
    return { ...agent, mcp_config: { ...agent.mcp_config, ...Object.fromEntries(shown) } };
  }

  get #note(): PluginNote {
    return { pinned: this.#plugins.flatMap(({ pinned }) => pinned ?? []), servers: [...this.#shown] };
  }

  #keep(): Promise<void> {
    return this.#options.storage.write(this.#note);
  }
}

function hooksOf(plugins: readonly ConversationPlugin[]): HookConfig[] {
  return plugins.flatMap(({ hooks }) => hooks ?? []);
}

function withoutServers(agent: Agent, names: readonly string[]): Agent {
  if (names.length === 0) return agent;
  const kept = Object.entries(agent.mcp_config).filter(([name]) => !names.includes(name));
  return { ...agent, mcp_config: Object.fromEntries(kept) };
}

/** A conversation without plugins needs no note. */
function isNews(note: PluginNote | undefined, { pinned, servers }: PluginNote): boolean {
  if (note === undefined) return pinned.length > 0 || servers.length > 0;
  return (
    JSON.stringify({ pinned, servers }) !== JSON.stringify({ pinned: note.pinned, servers: note.servers })
  );
}

function unavailable(fault: string, remedy: string): AgentServerError {
  return new AgentServerError("bad_request", `${fault}. ${remedy} to use load_plugin().`);
}
