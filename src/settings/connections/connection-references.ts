import { z } from "zod";
import { defineCollection } from "../documents/collection.ts";
import type { Edit } from "../documents/edit.ts";

/** The part of an LLM profile that refers to a connection. Its own room keeps and writes the rest. */
const PROFILE_REFERENCES = defineCollection({
  kind: "llm-profile",
  label: "LLM profile",
  schema: z.looseObject({ provider_connection_id: z.string().nullable().default(null) }),
});

/** The part of the settings that refers to a connection. */
const SETTINGS_REFERENCES = defineCollection({
  kind: "settings",
  label: "settings",
  schema: z.looseObject({
    agent_settings: z.looseObject({
      llm: z.looseObject({ provider_connection_id: z.string().nullable().default(null) }).optional(),
    }),
  }),
});

export interface ConnectionReferences {
  /** Names of LLM profiles, sorted. */
  profiles: string[];
  /** Whether the settings in force refer to it. */
  settings: boolean;
}

/** Finds what refers to a connection. */
export async function referencesTo(edit: Edit, connectionId: string): Promise<ConnectionReferences> {
  const profiles = await edit.list(PROFILE_REFERENCES);
  const settings = await edit.list(SETTINGS_REFERENCES);
  return {
    profiles: profiles
      .filter(({ value }) => value?.provider_connection_id === connectionId)
      .map(({ name }) => name),
    settings: settings.some(
      ({ value }) => value?.agent_settings.llm?.provider_connection_id === connectionId,
    ),
  };
}
