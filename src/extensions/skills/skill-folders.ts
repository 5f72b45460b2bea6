import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { DirectoryEntry } from "../../workspace/workspace-files.ts";
import { type ExtensionPlace, entriesOf, orSkip, readText, tellOfBound } from "../place.ts";
import { isSkillFile, readSkill } from "./read-skill.ts";
import { skillPackage } from "./skill-package.ts";

/** Bounds of one folder of skills. */
const MAX_DEPTH = 8;
const MAX_SKILLS = 500;
const MAX_FOLDERS = 2_000;
/** Characters of all skills of a folder: they are kept in the conversation, and shown with it. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Skills that are read at once: other machines are slow to answer, and quick to answer many. */
const READERS = 8;

/** How folders of skills are read. */
export interface FolderRules {
  /** Folders that are left out. Default: none. */
  without?: readonly string[];
  /** The beginning of the name of a loose file, before its path in the folder. Default: nothing. */
  prefix?: string;
}

/** Reads the skills of several folders; the first one of a name wins. */
export async function skillsOfFolders(
  place: ExtensionPlace,
  folders: readonly string[],
  rules: FolderRules = {},
): Promise<Skill[]> {
  const all: Skill[] = [];
  for (const folder of folders) all.push(...(await skillsOfFolder(place, folder, rules)));
  return firstOfName(all);
}

/** Keeps the first skill of each name. */
export function firstOfName<T extends { name: string }>(list: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const one of list) if (!seen.has(one.name)) seen.set(one.name, one);
  return [...seen.values()];
}

/**
 * Reads the skills of a folder: each folder in it with a SKILL.md, and each other Markdown file below it. Those that
 * always apply come first, then those with triggers, then those of the AgentSkills standard. What passes the bounds is
 * left out and logged.
 */
async function skillsOfFolder(place: ExtensionPlace, folder: string, rules: FolderRules): Promise<Skill[]> {
  const { standard, loose } = await filesOf(place, folder, rules);
  const skills = within(place, folder, await readAll(place, folder, [...loose, ...standard]));
  return skills.sort((one, other) => rank(one) - rank(other));
}

async function readAll(
  place: ExtensionPlace,
  folder: string,
  files: readonly SkillFile[],
): Promise<(Skill | null)[]> {
  if (files.length > MAX_SKILLS) tellOfBound(place, folder, `${MAX_SKILLS} skills`);
  const chosen = files.slice(0, MAX_SKILLS);
  const skills: (Skill | null)[] = [];
  for (let from = 0; from < chosen.length; from += READERS) {
    const some = chosen.slice(from, from + READERS);
    skills.push(...(await Promise.all(some.map((file) => readOne(place, file)))));
  }
  return skills;
}

/** Reads the skill of a file. null for a faulty one, which is logged. */
export function readOne(
  place: ExtensionPlace,
  { path, name, beside, isNamedFreely }: SkillFile,
): Promise<Skill | null> {
  return orSkip(place, path, async () => {
    const text = await readText(place, path);
    if (text === null) throw new Error("it is missing, larger than 1 MiB, or leads to a file elsewhere");
    const parts = beside === undefined ? undefined : await skillPackage(place, beside.folder, beside.entries);
    return readSkill(text, { path, name, parts, isNamedFreely });
  });
}

function within(place: ExtensionPlace, folder: string, skills: readonly (Skill | null)[]): Skill[] {
  let characters = 0;
  const kept: Skill[] = [];
  for (const skill of skills) {
    if (skill === null) continue;
    characters += skill.content.length;
    if (characters > MAX_CHARACTERS) {
      tellOfBound(place, folder, `${MAX_CHARACTERS} characters of skills`);
      break;
    }
    kept.push(skill);
  }
  return kept;
}

function rank({ is_agentskills_format: isStandard, trigger }: Skill): number {
  if (isStandard) return 2;
  return trigger === null ? 0 : 1;
}

/** A file that holds a skill. */
export interface SkillFile {
  path: string;
  /** The name that its place gives it. */
  name: string;
  /** The folder of a SKILL.md, with what is in it. */
  beside?: { folder: string; entries: readonly DirectoryEntry[] };
  /** Whether a SKILL.md may have another name than its folder. Default: false. */
  isNamedFreely?: boolean;
}

async function filesOf(place: ExtensionPlace, folder: string, { without = [], prefix = "" }: FolderRules) {
  const standard: SkillFile[] = [];
  const loose: SkillFile[] = [];
  let visited = 0;
  const walk = async (path: string, parts: readonly string[]): Promise<void> => {
    visited += 1;
    if (visited > MAX_FOLDERS) return;
    const entries = await entriesOf(place, path);
    const own =
      parts.length === 1 ? entries.find(({ name, type }) => type === "file" && isSkillFile(name)) : undefined;
    if (own !== undefined) {
      const beside = { folder: path, entries };
      standard.push({ path: joinPath(path, own.name), name: parts[0] ?? "", beside });
      return;
    }
    for (const { name, type, isLink } of entries) {
      const below = joinPath(path, name);
      // One more than are read, so that the bound is logged.
      if (loose.length > MAX_SKILLS || without.includes(below)) continue;
      // A folder behind a link below the first level may lead back up.
      const isFolder = type === "directory" && !(isLink && parts.length > 0);
      if (isFolder && parts.length < MAX_DEPTH) await walk(below, [...parts, name]);
      if (type === "file" && isLooseSkill(name)) {
        loose.push({ path: below, name: prefix + [...parts, name].join("/").replace(/\.md$/, "") });
      }
    }
  };
  await walk(folder, []);
  if (visited > MAX_FOLDERS) tellOfBound(place, folder, `${MAX_FOLDERS} folders`);
  return { standard, loose };
}

function isLooseSkill(name: string): boolean {
  return name.endsWith(".md") && name !== "README.md" && !isSkillFile(name);
}
