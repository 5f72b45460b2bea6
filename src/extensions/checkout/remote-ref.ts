import type { FetchingGit } from "./fetching-git.ts";
import { SourceError } from "./source-error.ts";

/** A ref of a remote and the commit that it names now. */
export interface RemoteRef {
  /** The name to fetch: a full ref name, `HEAD`, or an object id. */
  name: string;
  /** null for an abbreviated id: it is known once the history is there. */
  commit: string | null;
}

const FULL_ID = /^[0-9a-f]{40}$/i;
const ABBREVIATED_ID = /^[0-9a-f]{4,39}$/i;

/** Whether a ref is the whole id of a commit, which names the same content for ever. */
export function isFullId(ref: string): boolean {
  return FULL_ID.test(ref);
}

/**
 * Asks a remote what a ref names. A branch wins over a tag of the same name.
 *
 * @throws SourceError `ref_not_found` and those of the fetch
 */
export async function findRemoteRef(
  git: FetchingGit,
  { url, ref, cwd }: { url: string; ref: string | null; cwd: string },
): Promise<RemoteRef> {
  if (ref !== null && isFullId(ref)) return { name: ref.toLowerCase(), commit: ref.toLowerCase() };
  const names = ref === null ? ["HEAD"] : candidates(ref);
  // The commit behind an annotated tag has this name.
  const patterns = names.flatMap((name) => (name === "HEAD" ? [name] : [name, `${name}^{}`]));
  const found = readRefs(await git.run(["ls-remote", "--", url, ...patterns], { cwd }));
  for (const name of names) {
    const commit = found.get(`${name}^{}`) ?? found.get(name);
    if (commit !== undefined) return { name, commit };
  }
  if (ref !== null && ABBREVIATED_ID.test(ref)) return { name: ref.toLowerCase(), commit: null };
  throw new SourceError("ref_not_found", `fatal: couldn't find remote ref ${ref ?? "HEAD"}`);
}

/** Full names that a ref may mean, those that win first. */
function candidates(ref: string): string[] {
  if (!isRefName(ref)) throw new SourceError("ref_not_found", `fatal: couldn't find remote ref ${ref}`);
  if (ref.startsWith("refs/remotes/origin/"))
    return [`refs/heads/${ref.slice("refs/remotes/origin/".length)}`];
  if (ref.startsWith("refs/")) return [ref];
  if (ref.startsWith("origin/")) return [`refs/heads/${ref.slice("origin/".length)}`];
  return [`refs/heads/${ref}`, `refs/tags/${ref}`];
}

/** The rules of git, so that no ref is an option, a pattern or an expression. */
function isRefName(ref: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git allows none in a ref
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\.lock(\/|$)|(^|\/)\.|[./]$/.test(ref)) return false;
  return !/^[-/]|^@?$|(^|\/)HEAD$/.test(ref);
}

function readRefs(output: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [commit = "", name] = line.split("\t");
    if (name !== undefined && FULL_ID.test(commit)) refs.set(name, commit.toLowerCase());
  }
  return refs;
}
