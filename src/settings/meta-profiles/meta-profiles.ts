import { type MetaProfile, metaProfile } from "../../wire/settings/meta-profile.ts";
import type { MetaProfileInfo } from "../../wire/settings/meta-profiles.ts";
import type { StoredSettings } from "../../wire/settings/stored-settings.ts";
import { defineCollection } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";
import { canonicalProfileName } from "../profiles/profile-names.ts";
import { refuseTooMany, soundProfile } from "../profiles/profile-rules.ts";
import { withRouting } from "../server-settings/apply-update.ts";
import type { ServerSettings } from "../server-settings/server-settings.ts";
import { SETTINGS, SETTINGS_NAME } from "../server-settings/settings-collection.ts";

/** These profiles in errors. */
const LABEL = "Meta-profile";

/** The rules by which models are chosen, by name. */
export const META_PROFILES = defineCollection<MetaProfile>({
  kind: "meta-profile",
  label: "meta-profile",
  schema: metaProfile,
});

export interface MetaProfilesOptions {
  documents: Documents;
  settings(): Promise<ServerSettings>;
}

/** Rules by which an agent chooses a model for a task, by name. */
export class MetaProfiles {
  readonly #options: MetaProfilesOptions;

  constructor(options: MetaProfilesOptions) {
    this.#options = options;
  }

  /** Lists those that can be read, by name. */
  async list(): Promise<MetaProfileInfo[]> {
    const all = await this.#options.documents.list(META_PROFILES);
    return all.flatMap(({ name, value }) => {
      if (value === null) return [];
      return [{ name, classifier_model: value.classifier_model, num_classes: value.classes.length }];
    });
  }

  /** @throws AgentServerError `not_found`, or `bad_request` for one that cannot be read. */
  async get(name: string): Promise<MetaProfile> {
    return soundProfile(
      await this.#options.documents.read(META_PROFILES, canonicalProfileName(name)),
      LABEL,
      name,
    );
  }

  /**
   * As `get`, but null when there are none of that name.
   *
   * @throws AgentServerError `bad_request` for those that cannot be read.
   */
  async find(name: string): Promise<MetaProfile | null> {
    const stored = await this.#options.documents.read(META_PROFILES, canonicalProfileName(name));
    return stored === null ? null : soundProfile(stored, LABEL, name);
  }

  /**
   * Saves rules, in place of those of that name.
   *
   * @throws AgentServerError `conflict` when there are too many, or the stored one of that name is damaged.
   */
  async save(name: string, profile: MetaProfile): Promise<void> {
    const key = canonicalProfileName(name);
    await this.#options.documents.edit(async (edit) => {
      await refuseTooMany(edit, META_PROFILES, { key, label: LABEL });
      await edit.put(META_PROFILES, key, profile);
    });
  }

  /** Removes rules. The settings, if they point to these, point to none. */
  async remove(name: string): Promise<void> {
    const key = canonicalProfileName(name);
    await this.#options.documents.edit(async (edit) => {
      await edit.remove(META_PROFILES, key);
      const settings = (await edit.read(SETTINGS, SETTINGS_NAME))?.value;
      const active = settings?.active_meta_profile;
      if (settings == null || active == null || canonicalProfileName(active) !== key) return;
      await edit.put(SETTINGS, SETTINGS_NAME, withoutRouting(settings));
    });
  }

  /**
   * Lets the agent of the settings choose models by these rules. Resolves with false, and stores nothing, when that
   * agent cannot.
   *
   * @throws AgentServerError `not_found`; `conflict` for settings that must not be overwritten.
   */
  async activate(name: string): Promise<boolean> {
    const { documents } = this.#options;
    const settings = await this.#options.settings();
    const key = canonicalProfileName(name);
    return documents.edit(async (edit) => {
      const profile = soundProfile(await edit.read(META_PROFILES, key), LABEL, name);
      await edit.touch(META_PROFILES, key);
      const routed = withRouting(await settings.readIn(edit), name);
      const { agent_settings: agent } = routed;
      if (agent.agent_kind !== "openhands") return false;
      await settings.putIn(edit, { ...routed, agent_settings: { ...agent, meta_profile: profile } });
      return true;
    });
  }
}

function withoutRouting(settings: StoredSettings): StoredSettings {
  const unrouted = withRouting(settings, null);
  const { agent_settings: agent } = unrouted;
  if (agent.agent_kind !== "openhands") return unrouted;
  return { ...unrouted, agent_settings: { ...agent, meta_profile: null } };
}

/** Tells whether there are such rules, and holds them as they are until the end of the edit. */
export async function hasMetaProfile(name: string, edit: Edit): Promise<boolean> {
  const key = canonicalProfileName(name);
  if (((await edit.read(META_PROFILES, key))?.value ?? null) === null) return false;
  await edit.touch(META_PROFILES, key);
  return true;
}
