import { messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import { settledWithin } from "../../waiting.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath } from "../../workspace/paths.ts";
import { placeIn } from "../confined-place.ts";
import { type ExtensionPlace, entriesOf, readText, tellOfBound } from "../place.ts";
import { isSkillFile } from "./read-skill.ts";
import { readOne, type SkillFile, skillsOfFolders } from "./skill-folders.ts";

/** The list that skills are chosen by where the asker names no other. It may be missing; then all are chosen. */
const DEFAULT_LIST = "marketplaces/default.json";
/** Milliseconds that an asker waits for them to be fetched. The fetch goes on, for the next one. */
const PATIENCE = 30_000;
/** Loose files are named by their path in the repository. */
const LOOSE = "skills/";
const MAX_LISTED = 500;
const NAME = /^[\w.-]{1,128}$/;

/**
 * Reads the skills that everyone is offered: those that a list in their repository names, or all if `list` is null.
 * None where they cannot be fetched, or another list than the default one cannot be read; the log has why.
 */
export async function publicSkills(everywhere: ExtensionPlace, list: string | null): Promise<Skill[]> {
  const folder = await fetched(everywhere);
  if (folder === undefined) return [];
  const place = await placeIn(everywhere, folder);
  const skills = joinPath(folder, "skills");
  const names = list === null ? null : await listedNames(place, joinPath(folder, list));
  if (names !== null) return namedSkills(place, skills, names);
  if (list === null || list === DEFAULT_LIST)
    return (await skillsOfFolders(place, [skills], { prefix: LOOSE })).sort(standardFirst);
  everywhere.logger.warn(
    { list: list.slice(0, 200) },
    "the list of public skills cannot be read: there are none",
  );
  return [];
}

async function fetched({ publicExtensions, logger }: ExtensionPlace): Promise<string | undefined> {
  const folder = publicExtensions.folder();
  try {
    if (await settledWithin(folder, PATIENCE)) return await folder;
    logger.warn({ seconds: PATIENCE / 1_000 }, "public skills are not there yet: an agent goes without them");
  } catch (error) {
    logger.warn({ error: messageOf(error) }, "public skills cannot be fetched: an agent goes without them");
  }
  return undefined;
}

/** The names in a list of plugins, each of which is a skill. null for one that cannot be read. */
async function listedNames(place: ExtensionPlace, path: string): Promise<string[] | null> {
  const list = parsed((await readText(place, path)) ?? "");
  const plugins = isObject(list) ? list.plugins : undefined;
  if (!Array.isArray(plugins)) return null;
  const names = plugins.map((plugin: unknown) => (isObject(plugin) ? plugin.name : undefined));
  if (!names.every((name) => typeof name === "string")) return null;
  if (names.length > MAX_LISTED) tellOfBound(place, path, `${MAX_LISTED} skills`);
  return [...new Set(names)].filter((name) => NAME.test(name)).slice(0, MAX_LISTED);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Orders by place, those of the AgentSkills standard first. */
function standardFirst(one: Skill, other: Skill): number {
  if (one.is_agentskills_format !== other.is_agentskills_format) return one.is_agentskills_format ? -1 : 1;
  return (one.source ?? "") < (other.source ?? "") ? -1 : 1;
}

async function namedSkills(
  place: ExtensionPlace,
  folder: string,
  names: readonly string[],
): Promise<Skill[]> {
  const entries = new Map((await entriesOf(place, folder)).map(({ name, type }) => [name, type]));
  const files = await Promise.all(
    names.map((name): SkillFile | undefined | Promise<SkillFile | undefined> => {
      if (entries.get(name) === "directory") return standardFile(place, joinPath(folder, name), name);
      if (entries.get(`${name}.md`) !== "file") return undefined;
      return { path: joinPath(folder, `${name}.md`), name: LOOSE + name };
    }),
  );
  const skills = await Promise.all(files.map((file) => (file === undefined ? null : readOne(place, file))));
  return skills.filter((skill) => skill !== null);
}

async function standardFile(
  place: ExtensionPlace,
  folder: string,
  name: string,
): Promise<SkillFile | undefined> {
  const entries = await entriesOf(place, folder);
  const own = entries.find((entry) => entry.type === "file" && isSkillFile(entry.name));
  return own && { path: joinPath(folder, own.name), name, beside: { folder, entries } };
}
