import { isObject } from "../../../is-object.ts";
import { migrateMcpServers } from "./mcp-servers.ts";
import { type Migration, MigrationError, migrate, type Payload } from "./migrate.ts";
import { withShortModelName } from "./openhands-models.ts";
import { foldSwitches, retiredFields, withoutSwitches } from "./retired-switches.ts";

const NAME = "AgentSettings";

const UNCHANGED: Migration = (payload) => payload;

/** The steps from versions 0 to 6, which requests without a version take too. */
const SHARED: readonly Migration[] = [
  (payload) => ({ ...payload, agent_kind: payload.agent_kind ?? "openhands" }),
  withKindOpenHands,
  (payload) => mapPart(payload, "verification", withoutConfirmation),
  (payload) => mapPart(payload, "llm", withShortModelName),
  (payload) => mapPart(payload, "mcp_config", migrateMcpServers),
  (payload) => mapPart(payload, "llm", ({ modify_params: _retired, ...llm }) => llm),
  withoutModelOfAcp,
];

const STORED = {
  name: NAME,
  steps: [
    ...SHARED,
    (payload: Payload) => (payload.agent_kind === "acp" ? withoutSwitches(payload) : foldSwitches(payload)),
    (payload: Payload) => withoutModelOfAcp(withoutSwitches(payload)),
  ],
};

const REQUESTED = { name: NAME, steps: [...SHARED, UNCHANGED, UNCHANGED] };

/** The version of agent settings that this server writes. */
export const AGENT_SETTINGS_VERSION = STORED.steps.length;

/**
 * Leads stored agent settings to the present version.
 *
 * @throws MigrationError
 */
export function migrateStoredAgentSettings(input: unknown): Payload {
  return checked(migrate(input, STORED));
}

/**
 * Reads agent settings of a request. Without a version they mean the fields of today: a retired one is an error there,
 * because a client that believes in it would be wrong about its agent.
 *
 * @throws MigrationError
 */
export function migrateRequestedAgentSettings(input: unknown): Payload {
  if (!isObject(input) || (input.schema_version ?? null) !== null) return migrateStoredAgentSettings(input);
  return migrate(checked(input), REQUESTED);
}

/** Retired fields are dropped on the way to the present version, so that settings of that version have none. */
function checked(payload: Payload): Payload {
  const retired = retiredFields(payload);
  if (retired.length > 0) throw new MigrationError(`Removed agent settings: ${retired.join(", ")}`);
  return withKindOpenHands(payload);
}

function withKindOpenHands(payload: Payload): Payload {
  return payload.agent_kind === "llm" ? { ...payload, agent_kind: "openhands" } : payload;
}

function withoutConfirmation(verification: Payload): Payload {
  const { confirmation_mode: _mode, security_analyzer: _analyzer, ...rest } = verification;
  return rest;
}

function withoutModelOfAcp(payload: Payload): Payload {
  if (payload.agent_kind !== "acp") return payload;
  const { llm: _retired, ...rest } = payload;
  return rest;
}

function mapPart(payload: Payload, key: string, map: (part: Payload) => Payload): Payload {
  const part = payload[key];
  return isObject(part) ? { ...payload, [key]: map(part) } : payload;
}
