import type { PluginInfo } from "../../wire/extensions/plugins.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf } from "../place.ts";
import { loadPlugin } from "./load-plugin.ts";
import { allSkills, type Plugin } from "./plugin.ts";

const MAX_FILES = 2_000;

/** Reads a plugin as clients list it. @throws Error for a manifest that is not valid */
export async function pluginInfo(place: ExtensionPlace, folder: string): Promise<PluginInfo> {
  return toPluginInfo(place, await loadPlugin(place, folder));
}

/** Shows a plugin as clients list it, with the names of its files. */
export async function toPluginInfo(place: ExtensionPlace, plugin: Plugin): Promise<PluginInfo> {
  const { name, version, description, path } = plugin;
  const skills = allSkills(plugin).map((skill) => ({ name: skill.name, description: skill.description }));
  return { name, version, description, path, skills, files: await filesOf(place, path) };
}

/** Paths of the files below a folder, without repositories and what links to folders lead to. */
async function filesOf(place: ExtensionPlace, folder: string): Promise<string[]> {
  const files: string[] = [];
  const left = [""];
  for (let below = left.shift(); below !== undefined && files.length < MAX_FILES; below = left.shift()) {
    for (const { name, type, isLink } of await entriesOf(place, joinPath(folder, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (type !== "directory") files.push(path);
      else if (!isLink && name !== ".git" && left.length < MAX_FILES) left.push(path);
    }
  }
  return files.sort().slice(0, MAX_FILES);
}
