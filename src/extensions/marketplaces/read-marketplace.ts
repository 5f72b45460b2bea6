import type { Skill } from "../../wire/agent/skill.ts";
import {
  type MarketplaceManifest,
  type MarketplacePlugin,
  type MarketplaceSkill,
  marketplaceManifest,
} from "../../wire/extensions/marketplace.ts";
import { joinPath } from "../../workspace/paths.ts";
import { placeIn } from "../confined-place.ts";
import { type ExtensionPlace, entriesOf, readText } from "../place.ts";
import { isSkillFile } from "../skills/read-skill.ts";
import { skillOfFolder } from "../skills/skill-of-folder.ts";

const MANIFESTS = [".plugin/marketplace.json", ".claude-plugin/marketplace.json"];
const PLUGIN_MANIFESTS = ["plugin.json", ".plugin/plugin.json", ".claude-plugin/plugin.json"];
const SKILL_FOLDERS = ["skills", ".skills"];

/** A marketplace, with the plugins and skills that it offers. */
export interface Marketplace {
  /** Absolute real path of its folder. */
  path: string;
  plugins: readonly MarketplacePlugin[];
  skills: readonly MarketplaceSkill[];
}

/**
 * Reads a marketplace: its manifest, or, without one, the skills in its folders.
 *
 * @throws Error for a manifest that is not valid, and for a folder that offers nothing
 */
export async function readMarketplace(place: ExtensionPlace, folder: string): Promise<Marketplace> {
  const path = await place.workspace.files.realPath(folder);
  const inside = await placeIn(place, path);
  const manifest = await manifestIn(inside, path);
  if (manifest !== undefined) return { path, plugins: manifest.plugins, skills: manifest.skills };
  const skills = await offeredSkills(inside, path);
  if (skills.length === 0)
    throw new Error(
      `${path} is no marketplace: it has no ${MANIFESTS.join(" or ")}, and no folder with a SKILL.md`,
    );
  for (const name of PLUGIN_MANIFESTS) {
    if ((await readText(inside, joinPath(path, name))) === null) continue;
    place.logger.warn(
      { path, manifest: name },
      "a marketplace is a single plugin: only its skills are offered",
    );
    break;
  }
  return { path, plugins: [], skills };
}

/** Reads the file of a marketplace. @throws Error for one that is not valid */
export function parseMarketplace(text: string, path: string): MarketplaceManifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not valid JSON`, { cause: error });
  }
  const { data, error } = marketplaceManifest().safeParse(manifest);
  if (data !== undefined) return data;
  const [first] = error.issues;
  throw new Error(`${path}: ${first?.path.map(String).join(".") || "the manifest"}: ${first?.message}`);
}

async function manifestIn(place: ExtensionPlace, folder: string): Promise<MarketplaceManifest | undefined> {
  for (const name of MANIFESTS) {
    const path = joinPath(folder, name);
    const text = await readText(place, path);
    if (text !== null) return parseMarketplace(text, path);
  }
  return undefined;
}

/** Loose Markdown files are documents here. The first skill of a name counts. */
async function offeredSkills(place: ExtensionPlace, folder: string): Promise<MarketplaceSkill[]> {
  const names = (await entriesOf(place, folder)).filter(({ type }) => type === "directory");
  const own = SKILL_FOLDERS.filter((wanted) => names.some(({ name }) => name === wanted));
  const offered = new Map<string, MarketplaceSkill>();
  for (const below of own.length > 0 ? own : [""]) {
    for (const { name, type } of await entriesOf(place, joinPath(folder, below))) {
      if (type !== "directory") continue;
      const source = `./${joinPath(below, name)}`;
      const skill = await orNone(place, joinPath(folder, below, name));
      if (skill !== null && !offered.has(skill.name))
        offered.set(skill.name, { name: skill.name, source, description: skill.description });
    }
  }
  return [...offered.values()];
}

async function orNone(place: ExtensionPlace, folder: string): Promise<Skill | null> {
  const isSkill = (await entriesOf(place, folder)).some(
    ({ name, type }) => type === "file" && isSkillFile(name),
  );
  return isSkill ? skillOfFolder(place, folder) : null;
}
