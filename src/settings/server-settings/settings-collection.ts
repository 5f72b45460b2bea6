import {
  migrateStoredSettings,
  type StoredSettings,
  storedSettings,
} from "../../wire/settings/stored-settings.ts";
import { defineCollection } from "../documents/collection.ts";

/** The settings of a server, one document. */
export const SETTINGS = defineCollection<StoredSettings>({
  kind: "settings",
  label: "settings document",
  schema: storedSettings,
  migrate: migrateStoredSettings,
});

/** Name of the one document. */
export const SETTINGS_NAME = "settings";
