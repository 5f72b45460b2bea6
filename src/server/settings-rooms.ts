import type { Clock } from "../clock.ts";
import { once } from "../once.ts";
import type { SettingsDeps } from "../routes/settings/settings-deps.ts";
import type { Documents } from "../settings/documents/documents.ts";

/** The rooms of `settings` over the documents of a store. Their code is loaded when they are first asked for. */
export function settingsRooms(documents: Documents, clock: Clock): SettingsDeps {
  return {
    secrets: once(async () => {
      const { CustomSecrets } = await import("../settings/secrets/custom-secrets.ts");
      return new CustomSecrets(documents);
    }),
    subscription: once(async () => {
      const { openSubscription } = await import("../settings/subscription/open-subscription.ts");
      return openSubscription({ documents, clock });
    }),
  };
}
