import { z } from "zod";
import { withReadableFallbacks } from "../agent/llm-config.ts";
import { nullable } from "../nullable.ts";
import { storedAgentSettings } from "./agent/agent-settings.ts";
import { storedConversationSettings } from "./conversation-settings.ts";
import { migrateStoredAgentSettings } from "./migrations/agent-settings.ts";
import { type Migration, migrate } from "./migrations/migrate.ts";

const UNCHANGED: Migration = (payload) => payload;

/** Every step but the one to version 2, which added `misc_settings`, follows a step of the agent's settings. */
const PLAN = { name: "PersistedSettings", steps: Array.from({ length: 6 }, () => UNCHANGED) };

/** The settings of a server as they are stored, of the present version. */
export const storedSettings = z.object({
  schema_version: z.literal(PLAN.steps.length).default(PLAN.steps.length),
  agent_settings: storedAgentSettings.prefault({}),
  conversation_settings: storedConversationSettings.prefault({}),
  active_profile: nullable(z.string()),
  active_agent_profile_id: nullable(z.string()),
  active_meta_profile: nullable(z.string()),
  misc_settings: z.record(z.string(), z.unknown()).default({}),
});

export type StoredSettings = z.output<typeof storedSettings>;

/**
 * Leads stored settings to the present version.
 *
 * @throws MigrationError for a newer version, of the agent's settings too
 */
export function migrateStoredSettings(input: unknown): unknown {
  const { agent_settings: agent, ...settings } = migrate(input, PLAN);
  if (agent === undefined) return settings;
  return { ...settings, agent_settings: withReadableFallbacks(migrateStoredAgentSettings(agent)) };
}
