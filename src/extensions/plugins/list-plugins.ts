import type { PluginInfo } from "../../wire/extensions/plugins.ts";
import { joinPath } from "../../workspace/paths.ts";
import { PLUGINS } from "../installed/extension-kinds.ts";
import { InstalledExtensions } from "../installed/installed-extensions.ts";
import { installedFolder } from "../installed/record.ts";
import {
  type ExtensionPlace,
  entriesOf,
  orSkip,
  projectFolders,
  projectRoots,
  userFolders,
} from "../place.ts";
import { firstOfName } from "../skills/skill-folders.ts";
import { pluginInfo } from "./plugin-info.ts";

/** The sources to list. */
export interface PluginSources {
  /** null: no project. */
  projectDir: string | null;
  ofUser: boolean;
}

/** Lists the plugins that lie in folders of the user and of a project; those of a project win. */
export async function listPlugins(
  place: ExtensionPlace,
  { projectDir, ofUser }: PluginSources,
): Promise<PluginInfo[]> {
  const user = ofUser ? await userPlugins(place) : [];
  const roots = projectDir === null ? [] : await projectRoots(place, projectDir);
  const folders = roots.flatMap((root) => projectFolders(root, "plugins"));
  const ofProject = firstOfName(await pluginsOfFolders(place, folders));
  return [...new Map([...user, ...ofProject].map((plugin) => [plugin.name, plugin])).values()];
}

async function userPlugins(place: ExtensionPlace): Promise<PluginInfo[]> {
  const installedIn = installedFolder(place, "plugins");
  const own = await pluginsOfFolders(place, userFolders(place, "plugins"), installedIn);
  const enabled = (await new InstalledExtensions(place, PLUGINS).list()).filter((entry) => entry.enabled);
  const installed = await pluginsAt(
    place,
    enabled.map(({ name }) => joinPath(installedIn, name)),
  );
  return firstOfName([...own, ...installed]);
}

async function pluginsOfFolders(
  place: ExtensionPlace,
  folders: readonly string[],
  without?: string,
): Promise<PluginInfo[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    const inside = (await entriesOf(place, folder)).filter(({ type }) => type === "directory");
    paths.push(...inside.map(({ name }) => joinPath(folder, name)));
  }
  return pluginsAt(
    place,
    paths.filter((path) => path !== without),
  );
}

async function pluginsAt(place: ExtensionPlace, paths: readonly string[]): Promise<PluginInfo[]> {
  const plugins: PluginInfo[] = [];
  for (const path of paths) {
    const plugin = await orSkip(place, path, () => pluginInfo(place, path));
    if (plugin !== null) plugins.push(plugin);
  }
  return plugins;
}
