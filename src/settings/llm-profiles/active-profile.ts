import type { Edit } from "../documents/edit.ts";
import { canonicalProfileName } from "../profiles/profile-names.ts";
import { SETTINGS, SETTINGS_NAME } from "../server-settings/settings-collection.ts";

/**
 * Lets the settings point to another profile, or to none, if they point to this one. Secrets of the settings that no
 * key opens stay as they are, so this is possible with any key.
 */
export async function moveActiveProfile(
  edit: Edit,
  { from, to }: { from: string; to: string | null },
): Promise<void> {
  const settings = (await edit.read(SETTINGS, SETTINGS_NAME))?.value;
  const active = settings?.active_profile;
  if (settings == null || active == null || canonicalProfileName(active) !== from) return;
  await edit.put(SETTINGS, SETTINGS_NAME, { ...settings, active_profile: to });
}
