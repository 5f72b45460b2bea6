import { AgentServerError } from "../../errors.ts";
import type { Scope } from "../../principal.ts";

/**
 * What a route needs of its caller, and what it touches:
 * - `open`: nothing; it shows nothing of anyone
 * - `read`: any caller; the same for all, such as the names of models
 * - `read:conversation`, `write:conversation`: the conversations that its path names. Callers that do not reach them
 *   get the answer for unknown ones
 * - `read:reachable`, `write:reachable`: conversations that its path does not name. The handler keeps to those that the
 *   caller reaches
 * - `admin`: the server itself, or several conversations of any principal
 */
export type RouteAccess =
  | "open"
  | "read"
  | "read:conversation"
  | "write:conversation"
  | "read:reachable"
  | "write:reachable"
  | "admin";

const RANK: Readonly<Record<Scope, number>> = { read: 0, write: 1, admin: 2 };

/** The scope that a route needs; null for an open one. */
export function scopeOf(access: RouteAccess): Scope | null {
  switch (access) {
    case "open":
      return null;
    case "read":
    case "read:conversation":
    case "read:reachable":
      return "read";
    case "write:conversation":
    case "write:reachable":
      return "write";
    case "admin":
      return "admin";
  }
}

/** Whether a route is about the conversations that its path names. */
export function namesConversation(access: RouteAccess): boolean {
  return access === "read:conversation" || access === "write:conversation";
}

/** Throws 403 for a caller whose scope is not enough. */
export function assertScope(scope: Scope, access: RouteAccess): void {
  const needed = scopeOf(access);
  if (needed === null || RANK[scope] >= RANK[needed]) return;
  throw new AgentServerError("forbidden", `This needs the scope '${needed}'; the caller has '${scope}'`);
}
