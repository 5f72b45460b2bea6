import { AgentServerError } from "../../errors.ts";
import type { RunResult } from "../workspace.ts";

/** Names of the settings by which a repository has programs run on its files. */
const PROGRAMS = String.raw`^filter\..*\.(clean|smudge|process)$`;

/** Filters of one repository that can be switched off. No repository of people has more. */
const MAX_FILTERS = 200;

/** Stands in a text where a byte was no UTF-8. */
const REPLACEMENT = "\u{FFFD}";

/**
 * Settings that switch off the filters a repository brings itself, in pairs of key and value. Those of the user and of
 * the system, such as large file storage, keep working.
 *
 * @throws AgentServerError `bad_request` for filters that cannot be switched off.
 */
export async function repositoryFilters(
  run: (parameters: readonly string[]) => Promise<RunResult>,
): Promise<[key: string, value: string][]> {
  const { exitCode, stdout, truncated } = await run([
    ...["config", "--null", "--show-scope", "--name-only"],
    ...["--get-regexp", PROGRAMS],
  ]);
  if (exitCode !== 0) return [];
  const filters = ownFilters(stdout.split("\0"));
  if (truncated || filters.size > MAX_FILTERS || stdout.includes(REPLACEMENT)) {
    throw new AgentServerError(
      "bad_request",
      "The configuration of the repository has filters that may not run",
    );
  }
  return [...filters].flatMap((filter): [string, string][] => [
    [`${filter}.clean`, ""],
    [`${filter}.smudge`, ""],
    [`${filter}.process`, ""],
    [`${filter}.required`, "false"],
  ]);
}

/** Reads pairs of scope and key. */
function ownFilters(fields: readonly string[]): Set<string> {
  const filters = new Set<string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [scope, key = ""] = [fields[index], fields[index + 1]];
    if (scope === "local" || scope === "worktree") filters.add(key.slice(0, key.lastIndexOf(".")));
  }
  return filters;
}
