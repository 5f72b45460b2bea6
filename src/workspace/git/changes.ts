import type { Workspace } from "../workspace.ts";
import { COMPARE, displayBase, namedCommit, parentOrEmpty } from "./display-base.ts";
import { Git } from "./git.ts";

/** One changed file. */
export interface Change {
  /** A rename is one DELETED and one ADDED. */
  status: "ADDED" | "UPDATED" | "DELETED";
  /** Path with `/` between its parts, from the folder that was asked about. */
  path: string;
}

/** Changes of a folder, up to a limit. */
export interface Changes {
  /** Sorted by path, in the order of UTF-16 code units. */
  changes: Change[];
  /** True when there are more. */
  truncated: boolean;
}

/** Changes that one answer holds. */
const MAX_CHANGES = 50_000;

/** Repositories one level below a folder whose changes are shown with its own. */
const MAX_NESTED = 50;

/** Entries of a folder that are looked at for repositories. */
const MAX_ENTRIES = 10_000;

const NONE: Changes = { changes: [], truncated: false };

/**
 * Lists what differs between `ref` and the files of a folder, files that git does not know yet included, and likewise
 * for the repositories one level below. Without `ref` the base is `displayBase`. A folder that is missing, or in no
 * repository, has no changes.
 *
 * @throws AgentServerError `bad_request` for an unknown `ref`, and when git fails.
 */
export async function listChanges(
  workspace: Workspace,
  folder: string,
  ref: string | undefined,
): Promise<Changes> {
  if ((await workspace.files.stat(folder))?.type !== "directory") return NONE;
  const nested = await nestedRepositories(workspace, folder);
  const git = new Git(workspace, folder);
  const own = (await isRepository(git)) ? await changesSince(git, ref) : NONE;
  const isOwn = ({ path }: Change) => !nested.some((name) => path === name || path.startsWith(`${name}/`));
  const parts = [{ ...own, changes: own.changes.filter(isOwn) }];
  let count = parts[0]?.changes.length ?? 0;
  for (const name of nested) {
    if (count > MAX_CHANGES) break;
    const part = await nestedChanges(git.in(`${folder}/${name}`), name, ref);
    parts.push(part);
    count += part.changes.length;
  }
  return joined(parts);
}

/**
 * Lists the files that a commit changed against its first parent. Paths start at the top of the repository.
 *
 * @throws AgentServerError `bad_request` for an unknown commit.
 */
export async function listCommitChanges(
  workspace: Workspace,
  folder: string,
  commit: string,
): Promise<Changes> {
  if ((await workspace.files.stat(folder))?.type !== "directory") return NONE;
  const git = new Git(workspace, folder);
  if (!(await isRepository(git))) return NONE;
  const sha = await namedCommit(git, commit);
  const tree = ["diff-tree", "-r", "--no-renames", "--name-status", "-z"];
  const { stdout, truncated } = await git.run([...tree, await parentOrEmpty(git, sha), sha]);
  return joined([{ changes: readNameStatus(stdout), truncated }]);
}

/** Whether the folder lies in the work tree of a repository that git agrees to read. */
export async function isRepository(git: Git): Promise<boolean> {
  return (await git.ask("rev-parse", "--is-inside-work-tree")) === "true";
}

async function nestedRepositories({ files }: Workspace, folder: string): Promise<string[]> {
  const { entries } = await files.list(folder, { limit: MAX_ENTRIES });
  const folders = entries.filter(
    ({ name, type, isLink }) => type === "directory" && !isLink && !name.startsWith("."),
  );
  const found: string[] = [];
  for (const { name } of folders) {
    if (found.length === MAX_NESTED) break;
    if ((await files.stat(`${folder}/${name}/.git`)) !== null) found.push(name);
  }
  return found;
}

/** A repository that git cannot read, or that does not know `ref`, costs only itself. */
async function nestedChanges(git: Git, name: string, ref: string | undefined): Promise<Changes> {
  const { changes, truncated } = await changesSince(git, ref).catch(() => NONE);
  return { changes: changes.map(({ status, path }) => ({ status, path: `${name}/${path}` })), truncated };
}

async function changesSince(git: Git, ref: string | undefined): Promise<Changes> {
  const base = await displayBase(git, ref);
  const tracked = await git.run([...COMPARE, "--name-status", "-z", "--relative", base, "--"]);
  const unknown = await git.run(["ls-files", "--others", "--exclude-standard", "-z"]);
  const added = wholeFields(unknown.stdout).map(
    (path): Change => ({ status: "ADDED", path: trimSlash(path) }),
  );
  return {
    changes: [...readNameStatus(tracked.stdout), ...added],
    truncated: tracked.truncated || unknown.truncated,
  };
}

/** Reads pairs of a status and a path. A conflict has two pairs for one path, of which the first counts. */
function readNameStatus(output: string): Change[] {
  const fields = wholeFields(output);
  const changes = new Map<string, Change>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [letter, path = ""] = [fields[index], fields[index + 1]];
    if (!changes.has(path)) changes.set(path, { status: statusOf(letter), path });
  }
  return [...changes.values()];
}

function statusOf(letter: string | undefined): Change["status"] {
  if (letter === "A") return "ADDED";
  return letter === "D" ? "DELETED" : "UPDATED";
}

/** The fields that their terminator ends: output that was cut off ends in a part of one. */
function wholeFields(output: string): string[] {
  return output.split("\0").slice(0, -1);
}

/** Git names a repository inside another with a slash at its end. */
function trimSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function joined(parts: readonly Changes[]): Changes {
  const changes = parts.flatMap((part) => part.changes).sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    changes: changes.slice(0, MAX_CHANGES),
    truncated: changes.length > MAX_CHANGES || parts.some(({ truncated }) => truncated),
  };
}
