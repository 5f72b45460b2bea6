import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath } from "../../workspace/paths.ts";
import { SKILLS } from "../installed/extension-kinds.ts";
import { InstalledExtensions } from "../installed/installed-extensions.ts";
import { installedFolder } from "../installed/record.ts";
import { type ExtensionPlace, userFolders } from "../place.ts";
import { firstOfName, skillsOfFolders } from "./skill-folders.ts";

/** Reads the skills of the user: those of the user's folders, then the installed ones that are enabled. */
export async function userSkills(place: ExtensionPlace): Promise<Skill[]> {
  const installedIn = installedFolder(place, "skills");
  const folders = [...userFolders(place, "skills"), joinPath(place.userDir, "microagents")];
  const own = await skillsOfFolders(place, folders, { without: [installedIn] });
  const installed = await skillsOfFolders(place, [installedIn]);
  const enabled = new Set(
    (await new InstalledExtensions(place, SKILLS).list())
      .filter((entry) => entry.enabled)
      .map(({ name }) => name),
  );
  return firstOfName([...own, ...installed.filter(({ name }) => enabled.has(name))]);
}
