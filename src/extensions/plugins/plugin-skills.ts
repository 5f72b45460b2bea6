import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath, nameOf } from "../../workspace/paths.ts";
import type { DirectoryEntry } from "../../workspace/workspace-files.ts";
import { type ExtensionPlace, entriesOf } from "../place.ts";
import { isSkillFile } from "../skills/read-skill.ts";
import { readOne, type SkillFile } from "../skills/skill-folders.ts";
import { markdownFilesOf } from "./markdown-files.ts";

/** Skills of one plugin. */
const MAX_SKILLS = 500;

/**
 * Reads the skills of a plugin: the folders with a SKILL.md and the Markdown files in `skills/`, or, without that
 * folder, the SKILL.md of the plugin itself. What lies deeper belongs to a skill.
 */
export async function readPluginSkills(place: ExtensionPlace, folder: string): Promise<Skill[]> {
  const entries = await entriesOf(place, folder);
  const found = entries.some(({ name }) => name === "skills")
    ? await filesIn(place, joinPath(folder, "skills"))
    : rootSkill(folder, entries);
  const skills: Skill[] = [];
  for (const file of found.slice(0, MAX_SKILLS)) {
    const one = await readOne(place, file);
    if (one !== null) skills.push(one);
  }
  return skills;
}

async function filesIn(place: ExtensionPlace, folder: string): Promise<SkillFile[]> {
  const files: SkillFile[] = [];
  for (const { name, type } of await entriesOf(place, folder)) {
    if (type !== "directory") continue;
    const path = joinPath(folder, name);
    const entries = await entriesOf(place, path);
    const own = entries.find((entry) => entry.type === "file" && isSkillFile(entry.name));
    if (own !== undefined) files.push(standard(joinPath(path, own.name), { folder: path, entries }));
  }
  for (const name of await markdownFilesOf(place, folder)) {
    files.push({ path: joinPath(folder, name), name: name.replace(/\.md$/i, ""), isNamedFreely: true });
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** The MCP servers next to it are those of the plugin, which are read as such. */
function rootSkill(folder: string, entries: readonly DirectoryEntry[]): SkillFile[] {
  const own = entries.find(({ name, type }) => type === "file" && isSkillFile(name));
  const others = entries.filter(({ name }) => name !== ".mcp.json");
  return own === undefined ? [] : [standard(joinPath(folder, own.name), { folder, entries: others })];
}

function standard(path: string, beside: NonNullable<SkillFile["beside"]>): SkillFile {
  return { path, name: nameOf(beside.folder), beside, isNamedFreely: true };
}
