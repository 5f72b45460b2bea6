import { messageOf } from "../../errors.ts";
import type { OfferedPlugin } from "../../wire/extensions/plugins.ts";
import type { OfferedSkill } from "../../wire/extensions/skills.ts";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import { placeIn } from "../confined-place.ts";
import { type ExtensionPlace, orSkip, readText } from "../place.ts";
import { pluginInfo } from "../plugins/plugin-info.ts";
import { pluginSourceOf } from "./offered-source.ts";
import { type Marketplace, parseMarketplace, readMarketplace } from "./read-marketplace.ts";

/** The catalogue of a repository that has no manifest of a marketplace. */
const DEFAULT_CATALOGUE = "marketplaces/default.json";

/** An entry of the public catalogue, without whether it is installed. */
type Entry<T> = Omit<T, "installed">;

/** Lists the plugins that everyone is offered. Empty where they cannot be brought, which is logged. */
export async function publicPlugins(place: ExtensionPlace): Promise<Entry<OfferedPlugin>[]> {
  return offered(place, "plugins", async (marketplace) => {
    // Skills are among the plugins of the catalogue; only their place tells the two apart.
    const plugins = marketplace.plugins.filter(({ source }) =>
      typeof source === "string"
        ? source.startsWith("./plugins/")
        : (source.path?.startsWith("plugins/") ?? false),
    );
    return Promise.all(plugins.map((plugin) => toPlugin(place, marketplace, plugin)));
  });
}

/** Lists the skills that everyone is offered. Empty where they cannot be brought, which is logged. */
export async function publicSkills(place: ExtensionPlace): Promise<Entry<OfferedSkill>[]> {
  return offered(place, "skills", async (marketplace) => {
    const entries = new Map<string, Entry<OfferedSkill>>();
    for (const plugin of marketplace.plugins) {
      const { source, ref, repoPath } = locate(marketplace, plugin);
      const text = `${source}${ref === null ? "" : `@${ref}`}${repoPath === null ? "" : `/${repoPath}`}`;
      entries.set(plugin.name, { name: plugin.name, description: plugin.description ?? null, source: text });
    }
    for (const { name, description = null, source } of marketplace.skills)
      if (!entries.has(name)) entries.set(name, { name, description, source });
    return [...entries.values()];
  });
}

type Plugin = Marketplace["plugins"][number];

async function toPlugin(
  place: ExtensionPlace,
  marketplace: Marketplace,
  plugin: Plugin,
): Promise<Entry<OfferedPlugin>> {
  const { name, description = null } = plugin;
  const { source, ref, repoPath } = locate(marketplace, plugin);
  const isHere = isWithin(marketplace.path, source);
  const info = isHere ? await orSkip(place, source, () => pluginInfo(place, source)) : null;
  const content = {
    path: info === null ? null : source,
    skills: info?.skills ?? null,
    files: info?.files ?? null,
  };
  return { name, description, source, ref, repo_path: repoPath, ...content };
}

/** The source under which a plugin can be installed: the path of its folder where the catalogue has it itself. */
function locate(marketplace: Marketplace, plugin: Plugin) {
  const { source, ref, repoPath } = pluginSourceOf({ path: marketplace.path, isFetched: false }, plugin);
  if (source !== marketplace.path) return { source, ref, repoPath };
  return { source: joinPath(source, repoPath ?? ""), ref, repoPath: null };
}

async function offered<T>(
  place: ExtensionPlace,
  name: string,
  read: (marketplace: Marketplace) => Promise<T[]>,
): Promise<T[]> {
  try {
    return await place.publicExtensions.listed(name, async (folder) =>
      read(await openCatalogue(place, folder)),
    );
  } catch (error) {
    place.logger.warn({ error: messageOf(error) }, "the public catalogue cannot be read");
    return [];
  }
}

async function openCatalogue(place: ExtensionPlace, folder: string): Promise<Marketplace> {
  const path = await place.workspace.files.realPath(folder);
  const text = await readText(await placeIn(place, path), joinPath(path, DEFAULT_CATALOGUE));
  try {
    const marketplace = await readMarketplace(place, path);
    if (marketplace.plugins.length > 0 || text === null) return marketplace;
  } catch (error) {
    if (text === null) throw error;
  }
  const { plugins, skills } = parseMarketplace(text, DEFAULT_CATALOGUE);
  return { path, plugins, skills };
}
