import { type StoredSettings, storedSettings } from "../../wire/settings/stored-settings.ts";
import type { Edit } from "../documents/edit.ts";
import { LLM_PROFILES } from "../llm-profiles/profile-collection.ts";
import { seedLlmProfile } from "../llm-profiles/seed-llm-profile.ts";
import { canonicalProfileName, MAX_PROFILES } from "../profiles/profile-names.ts";
import { SETTINGS, SETTINGS_NAME } from "../server-settings/settings-collection.ts";
import { AGENT_PROFILES, infosOf, SUMMARIES } from "./agent-profile-collection.ts";
import { SEED_NAME, seedProfile } from "./seed-profile.ts";

/**
 * Lets the settings point to a profile that exists: to the present one, else to `default`, which is made from the
 * settings where it is missing, else to the first other one. Does nothing to settings that cannot be read.
 */
export async function ensureActive(edit: Edit): Promise<void> {
  const stored = await edit.read(SETTINGS, SETTINGS_NAME);
  if (stored !== null && stored.damage !== null) return;
  const settings = stored?.value ?? storedSettings.parse({});
  const all = await edit.list(SUMMARIES);
  const infos = infosOf(all);
  if (infos.some(({ id }) => id !== null && id === settings.active_agent_profile_id)) return;
  const id = await seeded(edit, settings, all.length);
  const [other] = infos.filter((info) => info.id !== null && info.name !== SEED_NAME);
  const chosen = id ?? other?.id;
  if (chosen === undefined || chosen === null) return;
  if (id === null && other !== undefined) await edit.touch(SUMMARIES, other.name);
  // Secrets of the settings that no key opens stay as they are, so this is possible with any key.
  await edit.put(SETTINGS, SETTINGS_NAME, { ...settings, active_agent_profile_id: chosen });
}

/** The id of the profile `default`, made if it is missing; null when it cannot be read or there is no room for it. */
async function seeded(edit: Edit, settings: StoredSettings, count: number): Promise<string | null> {
  const present = await edit.read(AGENT_PROFILES, SEED_NAME);
  if (present !== null) {
    if (present.damage !== null) return null;
    await edit.touch(AGENT_PROFILES, SEED_NAME);
    return present.value.id;
  }
  const { agent_settings: agent } = settings;
  const active = await existingModel(edit, settings.active_profile);
  if (active === null && agent.agent_kind === "openhands") await seedLlmProfile(edit, SEED_NAME, agent.llm);
  if (count >= MAX_PROFILES) return null;
  const profile = seedProfile({ ...settings, active_profile: active });
  await edit.put(AGENT_PROFILES, SEED_NAME, profile);
  return profile.id;
}

/** The name of an LLM profile that is there; null for one that is not, which an agent could not be launched with. */
async function existingModel(edit: Edit, name: string | null): Promise<string | null> {
  if (!name) return null;
  return (await edit.read(LLM_PROFILES, canonicalProfileName(name))) === null ? null : name;
}
