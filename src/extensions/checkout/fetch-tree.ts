import { type FetchingGit, tooLarge } from "./fetching-git.ts";
import type { RemoteRef } from "./remote-ref.ts";
import { SourceError } from "./source-error.ts";

/** Bounds of a repository whose files are put on the disk. */
const MAX_FILES = 50_000;
const MAX_BYTES = 512 * 1024 * 1024;

/** Everything that a commit may be reachable from, for servers that give no single commits. */
const ALL_HISTORY = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/** Two folders that one fetch fills. */
export interface FetchFolders {
  /** Becomes a repository. */
  repository: string;
  /** An existing, empty folder for the files of the commit. */
  files: string;
}

/**
 * Fetches one commit and puts its files into a folder: only what the commit itself holds, without submodules. No
 * program that the repository names runs. Resolves with the commit.
 *
 * @throws SourceError
 */
export async function fetchTree(
  git: FetchingGit,
  { url, ref, folders }: { url: string; ref: RemoteRef; folders: FetchFolders },
): Promise<string> {
  const { repository, files } = folders;
  await git.run(["init", "--quiet", "--bare", "--template=", repository], { cwd: files });
  const commit = await fetchCommit(git, { url, ref, repository });
  refuseLarge(await git.run(["ls-tree", "-r", "-l", "-z", commit], { cwd: repository }));
  const tree = ["-c", "core.bare=false", `--git-dir=${repository}`, `--work-tree=${files}`];
  await git.run([...tree, "checkout", "--quiet", "--force", "--detach", commit], { cwd: files });
  return commit;
}

async function fetchCommit(
  git: FetchingGit,
  { url, ref: { name, commit }, repository: cwd }: { url: string; ref: RemoteRef; repository: string },
): Promise<string> {
  const fetch = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"];
  const isId = commit === null || commit === name;
  const one = () => git.run([...fetch, "--depth", "1", "--", url, name], { cwd, otherwise: "ref_not_found" });
  if (!isId) {
    await one();
    return fullId(git, { cwd, text: "FETCH_HEAD" });
  }
  const isGiven = commit !== null && (await succeeds(one()));
  if (!isGiven) await git.run([...fetch, "--", url, ...ALL_HISTORY], { cwd });
  return fullId(git, { cwd, text: name });
}

/** Many servers refuse to send a single commit. They are asked for all of them then. */
async function succeeds(fetch: Promise<unknown>): Promise<boolean> {
  try {
    await fetch;
    return true;
  } catch (error) {
    if (error instanceof SourceError && error.code === "ref_not_found") return false;
    throw error;
  }
}

async function fullId(git: FetchingGit, { cwd, text }: { cwd: string; text: string }): Promise<string> {
  const parameters = ["rev-parse", "--verify", "--end-of-options", `${text}^{commit}`];
  const commit = (await git.run(parameters, { cwd, otherwise: "ref_not_found" })).trim();
  return commit.toLowerCase();
}

/** Reads lines of mode, type, id, size and path. */
function refuseLarge(listing: string): void {
  let [files, bytes] = [0, 0];
  for (const [, size] of listing.matchAll(/\d{6} \w+ [0-9a-f]+ +(\d+|-)\t[^\0]*\0/g)) {
    files += 1;
    bytes += size === "-" ? 0 : Number(size);
  }
  if (files > MAX_FILES || bytes > MAX_BYTES) throw tooLarge();
}
