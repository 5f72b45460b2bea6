import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath, nameOf } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf } from "../place.ts";
import { isSkillFile } from "./read-skill.ts";
import { readOne } from "./skill-folders.ts";

/**
 * Reads the skill of a folder with a SKILL.md, whatever its name. null for a faulty one, which is logged, and for none.
 */
export async function skillOfFolder(place: ExtensionPlace, folder: string): Promise<Skill | null> {
  const entries = await entriesOf(place, folder);
  const own = entries.find(({ name, type }) => type === "file" && isSkillFile(name));
  if (own === undefined) return null;
  const beside = { folder, entries };
  return readOne(place, {
    path: joinPath(folder, own.name),
    name: nameOf(folder),
    beside,
    isNamedFreely: true,
  });
}
