import { isObject } from "../../../is-object.ts";
import { type Migration, MigrationError, type Payload } from "./migrate.ts";
import { foldSwitches, withoutSwitches } from "./retired-switches.ts";

/** The steps from versions 1, 2 and 3. No profile has version 0. */
const STEPS: readonly Migration[] = [
  withoutSkills,
  (profile) => (isOpenHands(profile) ? foldSwitches(profile) : withoutSwitches(profile)),
  withoutSwitches,
];

/** The version of agent profiles that this server writes. */
export const AGENT_PROFILE_VERSION = STEPS.length + 1;

/**
 * Leads an agent profile to the present version. One without a version is of the present one.
 *
 * @throws MigrationError for another version.
 */
export function migrateAgentProfile(input: unknown): Payload {
  if (!isObject(input)) throw new MigrationError("an agent profile must be an object");
  const version = input.schema_version ?? AGENT_PROFILE_VERSION;
  const isKnown =
    Number.isInteger(version) && Number(version) >= 1 && Number(version) <= AGENT_PROFILE_VERSION;
  if (!isKnown) {
    throw new MigrationError(
      `schema_version of an agent profile must be an integer from 1 to ${AGENT_PROFILE_VERSION}`,
    );
  }
  const migrated = STEPS.slice(Number(version) - 1).reduce((profile, step) => step(profile), input);
  return { agent_kind: "openhands", ...migrated, schema_version: AGENT_PROFILE_VERSION };
}

/** The empty list of tools in a profile that was made from settings stood for the default set. */
function withoutSkills({ skills: _retired, ...profile }: Payload): Payload {
  const { name, revision = 0, tools } = profile;
  const isSeed = isOpenHands(profile) && name === "default" && revision === 0;
  return isSeed && Array.isArray(tools) && tools.length === 0 ? { ...profile, tools: null } : profile;
}

function isOpenHands({ agent_kind: kind = "openhands" }: Payload): boolean {
  return kind === "openhands";
}
