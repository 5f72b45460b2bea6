import { AgentServerError } from "../../errors.ts";
import type { RunResult } from "../workspace.ts";
import { ownSettings } from "./own-settings.ts";

/** Names of the settings by which a repository has programs run on its files. */
const PROGRAMS = String.raw`^filter\..*\.(clean|smudge|process)$`;

/** Filters of one repository that can be switched off. No repository of people has more. */
const MAX_FILTERS = 200;

/**
 * Settings that switch off the filters a repository brings itself, in pairs of key and value. Those of the user and of
 * the system, such as large file storage, keep working.
 *
 * @throws AgentServerError `bad_request` for filters that cannot be switched off.
 */
export async function repositoryFilters(
  run: (parameters: readonly string[]) => Promise<RunResult>,
): Promise<[key: string, value: string][]> {
  const { keys, isComplete } = await ownSettings(run, PROGRAMS);
  const filters = new Set(keys.map((key) => key.slice(0, key.lastIndexOf("."))));
  if (!isComplete || filters.size > MAX_FILTERS) {
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
