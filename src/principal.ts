/** The user or program on whose behalf a request is made, as `authenticate` names it. */
export interface Principal {
  /** Stable and not empty, for example a user id. Stored with the conversations that this principal creates. */
  readonly id: string;
  /** Permissions in the host's terms. The server does not interpret them. Default: none. */
  readonly scopes?: readonly string[];
  /** Rights at this server. Default: to work with the conversations that this principal has created, and no others. */
  readonly access?: Access;
}

/**
 * What a caller may do. `read` looks at conversations; `write` also works with them, and so runs agents; `admin` also
 * has the server itself: its settings and secrets, its machine, what is installed, and the keys of others.
 */
export type Scope = "read" | "write" | "admin";

/** Rights of a principal, and the conversations that they are about. */
export interface Access {
  /** The strongest thing that is allowed. */
  readonly scope: Scope;
  /**
   * `own`: those that the principal has created. Of the others it gets the answers for conversations that do not exist.
   * An admin always has all. Default: `own`.
   */
  readonly conversations?: "own" | "all";
}

/** The conversations that a caller reaches: those that meet each condition. Without one: all. */
export interface Reach {
  /** Only conversations that this principal has created. */
  readonly createdBy?: string | undefined;
  /** Only conversations with these tags. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** The reach of a caller that is not limited. */
export const EVERYTHING: Reach = Object.freeze({});

export function reachesAll({ createdBy, tags }: Reach): boolean {
  return createdBy === undefined && tags === undefined;
}

/** The facts about a conversation by which it is reached or not. */
export interface ReachFacts {
  /** Id of the principal who created it; null without one. */
  readonly createdBy: string | null;
  /** Its tags by name. */
  readonly tags: Readonly<Record<string, string>>;
}

export function isWithin(reach: Reach, { createdBy, tags }: ReachFacts): boolean {
  if (reach.createdBy !== undefined && reach.createdBy !== createdBy) return false;
  return Object.entries(reach.tags ?? {}).every(
    ([name, value]) => Object.hasOwn(tags, name) && tags[name] === value,
  );
}
