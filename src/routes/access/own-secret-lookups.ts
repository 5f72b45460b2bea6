import { AgentServerError } from "../../errors.ts";
import type { Caller } from "../../http/access/caller.ts";
import { isObject } from "../../is-object.ts";

/** Path by which a secret that is kept on a server is looked up, below whatever path that is mounted. */
const KEPT_SECRET = /\/api\/settings\/secrets\/[^/]+$/;

/**
 * Refuses a body that names a kept secret of a server as the source of one of a conversation, unless an admin sends it:
 * the agent of that conversation would show its value to a caller who may not read it. The name of the host in the URL
 * does not count, since a server has several.
 *
 * @throws AgentServerError `forbidden`
 */
export function assertNamesNoOwnSecret(body: unknown, { scope }: Caller): void {
  if (scope === "admin" || !namesKeptSecret(body)) return;
  throw new AgentServerError("forbidden", "Secrets of the server are looked up for admins only");
}

function namesKeptSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesKeptSecret);
  if (!isObject(value)) return false;
  if (value.kind === "LookupSecret" && typeof value.url === "string" && isKeptSecret(value.url)) return true;
  return Object.values(value).some(namesKeptSecret);
}

function isKeptSecret(url: string): boolean {
  const { pathname } = URL.parse(url, "http://this-server.invalid") ?? {};
  return pathname !== undefined && KEPT_SECRET.test(pathname);
}
