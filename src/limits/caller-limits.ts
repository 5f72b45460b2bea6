/** Limits of one caller. What is left out has none. */
export interface CallerLimits {
  /** Requests, upgrades and messages on sockets a minute. As many may come at once after a minute of rest. */
  readonly requestsPerMinute?: number | undefined;
  /** Open sockets at a time. */
  readonly sockets?: number | undefined;
  /** Runs of agents at a time. */
  readonly runs?: number | undefined;
  /** Tokens of prompts and replies in one hour of the clock. */
  readonly tokensPerHour?: number | undefined;
  /** Tokens of prompts and replies in one day, UTC. */
  readonly tokensPerDay?: number | undefined;
  /** US dollars in one hour of the clock. */
  readonly costPerHour?: number | undefined;
  /** US dollars in one day, UTC. */
  readonly costPerDay?: number | undefined;
}

/** Limits of every principal. */
export interface Limits extends CallerLimits {
  /**
   * Whether callers without a name have them, too, all of them together: those with a session key, or everyone where
   * none is required. Default: false.
   */
  readonly sessionKeys?: boolean | undefined;
}

/** The name of a limit. */
export type LimitName = keyof CallerLimits;

/** Names of limits as clients see them. */
export const WIRE_NAMES = {
  requestsPerMinute: "requests_per_minute",
  sockets: "sockets",
  runs: "runs",
  tokensPerHour: "tokens_per_hour",
  tokensPerDay: "tokens_per_day",
  costPerHour: "cost_per_hour",
  costPerDay: "cost_per_day",
} as const satisfies Record<LimitName, string>;

/** Every limit. */
export const LIMIT_NAMES = Object.keys(WIRE_NAMES) as LimitName[];

/** Whether a limit is an amount of money; the others are whole numbers. */
export function isCost(name: LimitName): boolean {
  return name === "costPerHour" || name === "costPerDay";
}

/**
 * Checks limits that a host has set.
 *
 * @throws TypeError that names the first one that is not valid
 */
export function assertLimits(limits: Limits): void {
  for (const name of LIMIT_NAMES) {
    const limit = limits[name];
    if (limit === undefined) continue;
    const isValid = isCost(name) ? Number.isFinite(limit) : Number.isSafeInteger(limit);
    if (isValid && limit > 0) continue;
    throw new TypeError(`limits.${name}: must be a ${isCost(name) ? "number" : "whole number"} above 0`);
  }
  const { sessionKeys } = limits;
  if (sessionKeys !== undefined && typeof sessionKeys !== "boolean") {
    throw new TypeError("limits.sessionKeys: must be true or false");
  }
  const known: readonly string[] = [...LIMIT_NAMES, "sessionKeys"];
  const unknown = Object.keys(limits).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`limits.${unknown}: must be one of ${known.join(", ")}`);
}
