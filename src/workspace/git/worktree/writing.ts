import { setTimeout } from "node:timers/promises";
import type { RunResult } from "../../workspace.ts";
import type { Git, GitCommand } from "../git.ts";
import { refused, withoutCredentials } from "./worktree-refusal.ts";

/**
 * Git does not wait for the locks of most files, nor for another to finish a worktree that it lists. Both take
 * milliseconds.
 */
const LOCKED = /could not lock|cannot lock ref|\.lock': File exists|failed to read \S*worktrees\/\S+: /;

const MAX_ATTEMPTS = 12;

/** Milliseconds before the second attempt; one more of them before each further one. */
const PAUSE = 25;

/** Runs a command that writes to a repository. One that meets the lock of another is repeated, for two seconds. */
export async function tryWriting(
  git: Git,
  parameters: readonly string[],
  command?: GitCommand,
): Promise<RunResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await git.try(parameters, command);
    if (result.exitCode === 0 || attempt === MAX_ATTEMPTS || !LOCKED.test(result.stderr)) return result;
    await setTimeout(PAUSE * attempt);
  }
}

/** As `tryWriting`, for a command that must succeed. @throws AgentServerError `unprocessable` with git's own words. */
export async function write(git: Git, parameters: readonly string[], command?: GitCommand): Promise<void> {
  const { exitCode, stderr } = await tryWriting(git, parameters, command);
  if (exitCode === 0) return;
  throw refused(`worktree: git ${parameters[0]} failed: ${withoutCredentials(stderr).trim()}`);
}
