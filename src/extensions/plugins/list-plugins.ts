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
import { loadPlugin } from "./load-plugin.ts";
import type { Plugin } from "./plugin.ts";
import { toPluginInfo } from "./plugin-info.ts";

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
  const project = projectDir === null ? [] : await projectPlugins(place, projectDir);
  return Promise.all(lastOfName([...user, ...project]).map((plugin) => toPluginInfo(place, plugin)));
}

/** Reads the plugins of the user: those of the user's folders, then the installed ones that are enabled. */
export async function userPlugins(place: ExtensionPlace): Promise<Plugin[]> {
  const installedIn = installedFolder(place, "plugins");
  const own = await pluginsOfFolders(place, userFolders(place, "plugins"), installedIn);
  const enabled = (await new InstalledExtensions(place, PLUGINS).list()).filter((entry) => entry.enabled);
  const installed = await pluginsAt(
    place,
    enabled.map(({ name }) => joinPath(installedIn, name)),
  );
  return firstOfName([...own, ...installed]);
}

/** Reads the plugins of a project and of the repository around it. */
export async function projectPlugins(place: ExtensionPlace, projectDir: string): Promise<Plugin[]> {
  const roots = await projectRoots(place, projectDir);
  const folders = roots.flatMap((root) => projectFolders(root, "plugins"));
  return firstOfName(await pluginsOfFolders(place, folders));
}

/** Keeps the last plugin of each name, where the first one was. */
export function lastOfName<T extends { name: string }>(plugins: readonly T[]): T[] {
  return [...new Map(plugins.map((plugin) => [plugin.name, plugin])).values()];
}

async function pluginsOfFolders(
  place: ExtensionPlace,
  folders: readonly string[],
  without?: string,
): Promise<Plugin[]> {
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

async function pluginsAt(place: ExtensionPlace, paths: readonly string[]): Promise<Plugin[]> {
  const plugins: Plugin[] = [];
  for (const path of paths) {
    const plugin = await orSkip(place, path, () => loadPlugin(place, path));
    if (plugin !== null) plugins.push(plugin);
  }
  return plugins;
}
