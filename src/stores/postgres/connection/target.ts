import { AgentServerError, messageOf } from "../../../errors.ts";

/** Where a database is, without what must not be seen. */
export interface Target {
  /** Host, port and name of the database, for people. */
  readonly display: string;
  /** Takes the password, and the whole address, out of a text. */
  hide(text: string): string;
}

/** A pool's own connections: only its owner knows where they lead. */
export const POOL_TARGET: Target = { display: "the given pool", hide: (text) => text };

const EXPECTED = "expected a URL such as postgres://user@host:5432/database";

/**
 * Reads the address of a database.
 *
 * @throws AgentServerError `bad_request` for a text that is not such a URL, of which nothing is repeated.
 */
export function parseTarget(connectionString: string): Target {
  const url = URL.canParse(connectionString) ? new URL(connectionString) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new AgentServerError("bad_request", `connectionString: ${EXPECTED}`);
  }
  const name = decoded(url.pathname.slice(1));
  const host = url.searchParams.get("host") ?? url.host;
  const passwords = [url.password, decoded(url.password), url.searchParams.get("password") ?? ""];
  const hidden = [connectionString, ...passwords].filter((text) => text !== "");
  return {
    display: `${host === "" ? "this machine" : host}/${name}`,
    hide: (text) => hidden.reduce((left, secret) => left.replaceAll(secret, "***"), text),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new AgentServerError("bad_request", `connectionString: ${EXPECTED} (${messageOf(error)})`);
  }
}
