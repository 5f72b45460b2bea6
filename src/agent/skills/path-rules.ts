import type { Skill } from "../../wire/agent/skill.ts";
import { matchesGlob } from "./path-glob.ts";
import type { Activation } from "./triggers.ts";

/**
 * Finds the rules for a file of the project, by its path from the working directory. Those in `without` are left out.
 */
export function rulesFor(skills: readonly Skill[], path: string, without: readonly string[]): Activation[] {
  return skills.flatMap((skill) => {
    if (skill.trigger?.type !== "path" || without.includes(skill.name)) return [];
    const trigger = skill.trigger.paths.find((pattern) => matchesGlob(path, pattern));
    return trigger === undefined ? [] : [{ skill, trigger }];
  });
}
