import {
  migrateStoredSettings,
  type StoredSettings,
  storedSettings,
} from "../../wire/settings/stored-settings.ts";
import { defineCollection } from "../documents/collection.ts";
import { SETTINGS_KIND } from "./settings-name.ts";

export { SETTINGS_NAME } from "./settings-name.ts";

/** The settings of a server, one document. */
export const SETTINGS = defineCollection<StoredSettings>({
  kind: SETTINGS_KIND,
  label: "settings document",
  schema: storedSettings,
  migrate: migrateStoredSettings,
});
