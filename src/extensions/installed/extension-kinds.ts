import { messageOf } from "../../errors.ts";
import { joinPath, nameOf } from "../../workspace/paths.ts";
import { placeIn } from "../confined-place.ts";
import { type ExtensionPlace, entriesOf, readText } from "../place.ts";
import { loadPlugin } from "../plugins/load-plugin.ts";
import type { PluginFacts } from "../plugins/plugin.ts";
import { isSkillFile, readSkill } from "../skills/read-skill.ts";
import { skillPackage } from "../skills/skill-package.ts";
import { InstallError } from "./install-error.ts";
import type { InstalledKind } from "./record.ts";

/** A kind of extension that can be installed. */
export interface ExtensionKind {
  name: InstalledKind;
  /** Whether a new one is enabled. One that replaces another keeps its state. */
  isEnabledAtFirst: boolean;
  /**
   * Reads the facts of an extension. `folderName` stands for the name of its folder. Rejects with an InstallError for a
   * folder that holds none.
   */
  read(place: ExtensionPlace, folder: string, folderName: string | undefined): Promise<PluginFacts>;
}

/** Skills: a folder with a SKILL.md of its name. */
export const SKILLS: ExtensionKind = {
  name: "skills",
  isEnabledAtFirst: true,
  async read(place, folder, folderName = nameOf(folder)) {
    try {
      const inside = await placeIn(place, folder);
      const entries = await entriesOf(inside, folder);
      const file = entries.find(({ name, type }) => type === "file" && isSkillFile(name));
      const path = joinPath(folder, file?.name ?? "SKILL.md");
      const text = await readText(inside, path);
      if (text === null) throw new Error("there is no SKILL.md, or it cannot be read");
      const parts = await skillPackage(inside, folder, entries);
      const { name, version, description } = await readSkill(text, { path, name: folderName, parts });
      return { name, version, description: description ?? "" };
    } catch (error) {
      throw new InstallError("invalid", messageOf(error), { cause: error });
    }
  },
};

/** Plugins, in either format. */
export const PLUGINS: ExtensionKind = {
  name: "plugins",
  isEnabledAtFirst: true,
  async read(place, folder, folderName) {
    try {
      const { name, version, description } = await loadPlugin(place, folder, folderName);
      return { name, version, description };
    } catch (error) {
      throw new InstallError("invalid", messageOf(error), { cause: error });
    }
  },
};
