import { messageOf } from "../../../errors.ts";
import type { Git } from "../git.ts";
import { ownSettings } from "../own-settings.ts";
import { withoutCredentials } from "./worktree-refusal.ts";
import { tryWriting } from "./writing.ts";

/** Milliseconds, as in the reference. */
const FETCH_TIMEOUT = 60_000;

/** Length of git's words in a warning. */
const MAX_REASON = 300;

/** Nothing may ask a person, and no protocol that starts a program of the address's choice is among these. */
const ASK_REMOTES = {
  GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
  GIT_NO_LAZY_FETCH: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS_REQUIRE: "never",
} as const;

/** Without its objects, a large file stays the pointer that the repository has. */
const ASK_NONE = { GIT_LFS_SKIP_SMUDGE: "1" } as const;

/** Settings by which a repository chooses programs that run, or files that are written, while a remote is asked. */
const PROGRAMS = [
  String.raw`^core\.(sshcommand|gitproxy|askpass|alternaterefscommand)$`,
  String.raw`^credential\.(.*\.)?helper$`,
  String.raw`^remote\..*\.(uploadpack|receivepack|vcs)$`,
  String.raw`^http\.(.*\.)?savecookies$`,
  String.raw`^lfs\.(.*\.)?(standalonetransferagent$|customtransfer\.|extension\.)`,
].join("|");

/** Names in a warning. */
const MAX_NAMED = 5;

/** Whether git may ask the remotes of a repository, and with which variables. */
export interface RemoteAccess {
  env: Readonly<Record<string, string>>;
  /** Keys of the repository's own configuration that stand in the way. */
  obstacles: string[];
}

/**
 * The user's own programs and keys may be used to ask a remote; those that the repository's configuration names not.
 */
export async function remoteAccess(git: Git): Promise<RemoteAccess> {
  const { keys, isComplete } = await ownSettings((parameters) => git.try(parameters), PROGRAMS);
  const obstacles = new Set(keys);
  const isFree = isComplete && obstacles.size === 0;
  return { env: isFree ? ASK_REMOTES : ASK_NONE, obstacles: [...obstacles].slice(0, MAX_NAMED) };
}

/** Brings the commits of `origin` up to date. Resolves with a warning when that fails; those at hand are used then. */
export async function fetchOrigin(git: Git): Promise<string[]> {
  if ((await git.ask("remote", "get-url", "origin")) === undefined) return [];
  const { env, obstacles } = await remoteAccess(git);
  const reason =
    obstacles.length > 0 ? `its configuration names ${obstacles.join(", ")}` : await fetch(git, env);
  if (reason === undefined) return [];
  return [`worktree: origin was not fetched (${reason}); the worktree starts from the commits at hand`];
}

/** Resolves with the reason of a failure. */
async function fetch(git: Git, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const parameters = ["fetch", "--quiet", "--no-auto-maintenance", "--no-recurse-submodules", "origin"];
  try {
    const { exitCode, stderr } = await tryWriting(git, parameters, { timeout: FETCH_TIMEOUT, env });
    return exitCode === 0 ? undefined : inShort(stderr);
  } catch (error) {
    return inShort(messageOf(error));
  }
}

function inShort(words: string): string {
  return withoutCredentials(words).trim().replaceAll(/\s+/g, " ").slice(0, MAX_REASON);
}
