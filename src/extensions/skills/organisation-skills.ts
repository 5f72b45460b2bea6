import type { Skill } from "../../wire/agent/skill.ts";
import type { OrgConfig } from "../../wire/extensions/skills.ts";
import { joinPath } from "../../workspace/paths.ts";
import { fetchSource } from "../checkout/fetch-source.ts";
import { readSource, type Source } from "../checkout/source.ts";
import { SourceError } from "../checkout/source-error.ts";
import { placeIn } from "../confined-place.ts";
import type { ExtensionPlace } from "../place.ts";
import { skillsOfFolders } from "./skill-folders.ts";

/** Milliseconds in which the repositories of one request are fetched, all at once. */
const TIMEOUT = 120_000;
const MAX_REPOSITORIES = 20;

/**
 * Reads the skills in the repositories of organisations; a later repository wins over an earlier one. A repository that
 * cannot be fetched is logged by the name of its organisation and its reason alone: its address, and what git says of
 * it, may hold credentials.
 */
export async function organisationSkills(
  place: ExtensionPlace,
  configs: readonly OrgConfig[],
): Promise<Skill[]> {
  if (configs.length > MAX_REPOSITORIES)
    place.logger.warn(
      { given: configs.length, bound: MAX_REPOSITORIES },
      "skills of more organisations are asked for than are read: the rest is left out",
    );
  const deadline = place.clock.now() + TIMEOUT;
  const lists = await Promise.all(
    configs.slice(0, MAX_REPOSITORIES).map((config) => skillsOf(place, config, deadline)),
  );
  return [...new Map(lists.flat().map((one) => [one.name, one])).values()];
}

async function skillsOf(place: ExtensionPlace, config: OrgConfig, deadline: number): Promise<Skill[]> {
  try {
    const folder = await checkedOut(place, config, deadline);
    return await skillsOfFolders(await placeIn(place, folder), [
      joinPath(folder, "skills"),
      joinPath(folder, "microagents"),
    ]);
  } catch (error) {
    const reason = error instanceof SourceError ? error.code : "unreadable";
    place.logger.warn(
      { organisation: config.org_name, reason },
      "skills of an organisation cannot be fetched: there are none",
    );
    return [];
  }
}

/** The address has its own credentials: those of the server's user are not for clients. */
async function checkedOut(
  place: ExtensionPlace,
  { org_repo_url: address }: OrgConfig,
  deadline: number,
): Promise<string> {
  const text = { source: address, ref: null, repoPath: null };
  const source = asRepository(readSource(text, place.workspace.info));
  const { path } = await fetchSource(place, source, {
    isStrict: true,
    cacheFolder: joinPath(place.userDir, "cache", "organisations"),
    deadline,
  });
  return path;
}

/** A path is that of a repository, whose commit counts, not the files next to it. */
function asRepository(source: Source): Source {
  if (source.kind === "git") return source;
  return { kind: "git", url: `file://${source.path}`, credentials: null, ref: null, repoPath: null };
}
