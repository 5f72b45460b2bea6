import type { RunResult } from "../workspace.ts";

/** The settings that a repository brings itself. Those of the user and of the system are not among them. */
export interface OwnSettings {
  keys: string[];
  /** Whether all keys that match are there, each as the repository writes it. */
  isComplete: boolean;
}

/** Stands in a text where a byte was no UTF-8. */
const REPLACEMENT = "\u{FFFD}";

/**
 * Finds the keys of a repository's own configuration that match a regular expression. Keys can hold any character but
 * zero.
 */
export async function ownSettings(
  run: (parameters: readonly string[]) => Promise<RunResult>,
  pattern: string,
): Promise<OwnSettings> {
  const { exitCode, stdout, truncated } = await run([
    ...["config", "--null", "--show-scope", "--name-only"],
    ...["--get-regexp", pattern],
  ]);
  if (exitCode !== 0) return { keys: [], isComplete: true };
  return { keys: ownKeys(stdout.split("\0")), isComplete: !truncated && !stdout.includes(REPLACEMENT) };
}

/** Reads pairs of scope and key. */
function ownKeys(fields: readonly string[]): string[] {
  const keys: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [scope, key = ""] = [fields[index], fields[index + 1]];
    if (scope === "local" || scope === "worktree") keys.push(key);
  }
  return keys;
}
