import type {
  ConversationPlugin,
  PinnedPlugin,
  PluginHost,
  PluginLoader,
} from "../../conversations/launch/plugin-source.ts";
import { AgentServerError, messageOf } from "../../errors.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import type { Plugin } from "../../extensions/plugins/plugin.ts";
import type { LoadingHost, PlacedPlugin } from "../../extensions/plugins/plugin-loading.ts";
import { joinPath } from "../../workspace/paths.ts";

export interface PluginLoaderOptions {
  /** Opens the machine of the server, with the folder of its user. */
  serverPlace(): Promise<ExtensionPlace>;
  /** The folder of the user's files on every machine, where it is not in the home folder. */
  userDir: string | undefined;
}

/** The plugins of conversations: fetched to the server's machine, or in folders of the user and of the project. */
export function pluginLoader({ serverPlace, userDir }: PluginLoaderOptions): PluginLoader {
  const open = async ({ workspace, secrets }: PluginHost): Promise<LoadingHost> => {
    const shared = await serverPlace();
    const own = { ...shared, workspace, userDir: userDir ?? joinPath(workspace.info.home, ".openhands") };
    return { shared, own, secret: async (name) => (await secrets.referencedIn(name))[name] };
  };
  return {
    async atStart(host, { requested, marketplaces, pinned }) {
      const loading = await import("../../extensions/plugins/plugin-loading.ts");
      const opened = await open(host);
      return asked(async () => {
        const { placed, skills } =
          pinned === undefined
            ? await loading.automaticPlugins(opened, marketplaces)
            : { placed: await loading.keptPlugins(opened, pinned), skills: [] };
        if (pinned === undefined) placed.push(...(await loading.requestedPlugins(opened, requested)));
        const names = new Set(placed.map(({ plugin }) => plugin.name));
        const ambient = (await loading.ambientPlugins(opened)).filter(({ name }) => !names.has(name));
        const plugins = [...lastOfPath(placed), ...ambient.map((plugin) => ({ plugin, place: null }))];
        return { plugins: await Promise.all(plugins.map((one) => toConversation(one, host))), skills };
      });
    },
    async byReference(host, reference, marketplaces) {
      const { referencedPlugin } = await import("../../extensions/plugins/plugin-loading.ts");
      const opened = await open(host);
      return asked(async () => {
        return toConversation(await referencedPlugin(opened, reference, marketplaces), host);
      });
    },
  };
}

/** The failure of a plugin that was asked for is the caller's to know. */
async function asked<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (AgentServerError.is(error)) throw error;
    throw new AgentServerError("bad_request", messageOf(error), { cause: error });
  }
}

/** One that is asked for twice, by a marketplace and by a request, counts once. */
function lastOfPath(placed: readonly PlacedPlugin[]): PlacedPlugin[] {
  const last = new Map(placed.map((one) => [one.plugin.path, one]));
  return placed.filter((one) => last.get(one.plugin.path) === one);
}

async function toConversation(
  { plugin, place: pinned }: { plugin: Plugin; place: PinnedPlugin | null },
  { workspace }: PluginHost,
): Promise<ConversationPlugin> {
  const { allSkills } = await import("../../extensions/plugins/plugin.ts");
  const { name, hooks, mcpServers: servers, agents } = plugin;
  for (const { server } of Object.values(servers)) {
    const folder = server.env?.PLUGIN_DATA;
    // Its program finds the folder there.
    if (folder !== undefined) await workspace.files.makeFolder(folder).catch(() => {});
  }
  return { name, skills: allSkills(plugin), hooks, servers, agents, pinned };
}
