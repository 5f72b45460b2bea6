import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf, orSkip, readText } from "../place.ts";
import { isSkillFile, readSkill } from "./read-skill.ts";

/** Bounds of one folder of skills. */
const MAX_DEPTH = 8;
const MAX_SKILLS = 500;
const MAX_FOLDERS = 2_000;

/** Reads the skills of several folders; the first one of a name wins. Folders in `without` are left out. */
export async function skillsOfFolders(
  place: ExtensionPlace,
  folders: readonly string[],
  without: readonly string[] = [],
): Promise<Skill[]> {
  const all: Skill[] = [];
  for (const folder of folders) all.push(...(await skillsOfFolder(place, folder, without)));
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
 * always apply come first, then those with triggers, then those of the AgentSkills standard.
 */
async function skillsOfFolder(
  place: ExtensionPlace,
  folder: string,
  without: readonly string[],
): Promise<Skill[]> {
  const { standard, loose } = await filesOf(place, folder, without);
  const skills: Skill[] = [];
  for (const { path, name } of [...loose, ...standard].slice(0, MAX_SKILLS)) {
    const one = await orSkip(place, path, async () => {
      const text = await readText(place, path);
      if (text === null) throw new Error("it is missing or larger than 1 MiB");
      return readSkill(text, path, name);
    });
    if (one !== null) skills.push(one);
  }
  return skills.sort((one, other) => rank(one) - rank(other));
}

function rank({ is_agentskills_format: isStandard, trigger }: Skill): number {
  if (isStandard) return 2;
  return trigger === null ? 0 : 1;
}

interface SkillFile {
  path: string;
  name: string;
}

async function filesOf(place: ExtensionPlace, folder: string, without: readonly string[]) {
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
      standard.push({ path: joinPath(path, own.name), name: parts[0] ?? "" });
      return;
    }
    for (const { name, type, isLink } of entries) {
      const below = joinPath(path, name);
      if (loose.length >= MAX_SKILLS || without.includes(below)) continue;
      // A folder behind a link below the first level may lead back up.
      const isFolder = type === "directory" && !(isLink && parts.length > 0);
      if (isFolder && parts.length < MAX_DEPTH) await walk(below, [...parts, name]);
      if (type === "file" && isLooseSkill(name)) {
        loose.push({ path: below, name: [...parts, name].join("/").replace(/\.md$/, "") });
      }
    }
  };
  await walk(folder, []);
  return { standard, loose };
}

function isLooseSkill(name: string): boolean {
  return name.endsWith(".md") && name !== "README.md" && !isSkillFile(name);
}
