import type { Skill } from "../../wire/agent/skill.ts";
import type { ExtensionPlace } from "../place.ts";
import { publicSkills } from "./public-skills.ts";
import { userSkills } from "./user-skills.ts";

/** The sources of skills that belong to no project. */
export interface SharedSources {
  ofUser: boolean;
  isPublic: boolean;
  /** Path of the list that public skills are chosen by; null for all of them. */
  list: string | null;
}

/** A skill that belongs to no project. One of the user that hides a public one is the user's. */
export interface SharedSkill {
  skill: Skill;
  origin: "public" | "user";
}

/** Reads public skills, then those of the user, which take the places of public ones with their names. */
export async function sharedSkills(
  place: ExtensionPlace,
  { ofUser, isPublic, list }: SharedSources,
): Promise<SharedSkill[]> {
  const [offered, own] = await Promise.all([
    isPublic ? publicSkills(place, list) : [],
    ofUser ? userSkills(place) : [],
  ]);
  const byName = new Map<string, SharedSkill>();
  for (const skill of offered) byName.set(skill.name, { skill, origin: "public" });
  for (const skill of own) byName.set(skill.name, { skill, origin: "user" });
  return [...byName.values()];
}
