import { AgentServerError, messageOf } from "../../../errors.ts";
import type { Target } from "./target.ts";

/**
 * Classes of SQLSTATE, and single ones, that may pass: connection, rolled back, resources, locks, operator intervention,
 * system, and a standby that is not yet the primary.
 */
const PASSING = /^(08|40|53|55|57|58)|^25006$/;
/** Classes of what is wrong with the values: data, constraints, limits of the program. */
const VALUES = /^(22|23|54)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The write is one of a writer that the database does not know (any more). */
export const UNKNOWN_WRITER = "AS001";

/** The SQLSTATE of an error; undefined when it did not come from the database. */
export function sqlState(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && SQLSTATE.test(code) && !code.startsWith("E") ? code : undefined;
}

/** Whether the same may succeed later: what did not come from the database is a failure of the connection. */
export function mayPass(error: unknown): boolean {
  if (AgentServerError.is(error)) return false;
  const state = sqlState(error);
  return state === undefined || PASSING.test(state);
}

/** Whether a value must be there once, and is there already. */
const REPEATED = "23505";

/** Whether the database refused values of one write, whatever the others are. */
export function isOfValues(error: unknown): boolean {
  return VALUES.test(sqlState(error) ?? "");
}

/** The error for callers, in which no password is. */
export function toStoreError(error: unknown, target: Target): AgentServerError {
  if (AgentServerError.is(error)) return error;
  const message = target.hide(messageOf(error) || String((error as { code?: unknown })?.code));
  if (sqlState(error) === REPEATED)
    return new AgentServerError("conflict", `Postgres has a value already: ${message}`);
  if (isOfValues(error))
    return new AgentServerError("payload_too_large", `Postgres refuses a value: ${message}`);
  return new AgentServerError("unavailable", `Postgres at ${target.display}: ${message}`);
}
