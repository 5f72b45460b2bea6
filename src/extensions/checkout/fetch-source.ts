import { messageOf } from "../../errors.ts";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import type { ExtensionPlace } from "../place.ts";
import { CheckoutCache } from "./checkout-cache.ts";
import { fetchTree } from "./fetch-tree.ts";
import { FetchingGit, type FetchRules } from "./fetching-git.ts";
import { findRemoteRef, isFullId } from "./remote-ref.ts";
import type { Source } from "./source.ts";
import { SourceError } from "./source-error.ts";
import { hideValues } from "./variables.ts";

/** An extension on the machine. */
export interface FetchedSource {
  /** Absolute path of its folder. A checkout never changes; a path of the user may. */
  path: string;
  /** The commit of a checkout. null for a path. */
  resolvedRef: string | null;
}

/** Options of a fetch. */
export interface FetchOptions extends FetchRules {
  /** Absolute path of the folder of caches. */
  cacheFolder: string;
}

/**
 * Brings an extension from its source: a path as it is, a commit of a repository as a checkout of the cache. A commit
 * that is there needs no network. When a remote cannot be reached, a fetch that is not strict takes what the ref named
 * when it could.
 *
 * @throws SourceError
 */
export async function fetchSource(
  place: ExtensionPlace,
  source: Source,
  options: FetchOptions,
): Promise<FetchedSource> {
  if (source.kind === "path") {
    const path = await place.workspace.files.realPath(source.path);
    if (!(await isFolder(place, path)))
      throw new SourceError("source_unavailable", `The path is not a folder: ${path}`);
    return { path: await folderWithin(place, path, source.repoPath), resolvedRef: null };
  }
  const cache = await CheckoutCache.of(place, { parent: options.cacheFolder, url: source.url });
  const commit = await checkOut(place, { cache, source, rules: options });
  const checkout = await cache.find(commit);
  if (checkout === undefined)
    throw new SourceError("source_unavailable", "The checkout was removed meanwhile");
  return { path: await folderWithin(place, checkout, source.repoPath), resolvedRef: commit };
}

/**
 * The folder that a source names below a root. Links may lead anywhere within the root.
 *
 * @throws SourceError `repo_path_not_found`
 */
export async function folderWithin(
  place: ExtensionPlace,
  root: string,
  repoPath: string | null,
): Promise<string> {
  const below = repoPath?.replaceAll(/^\/+|\/+$/g, "") ?? "";
  if (below === "") return root;
  const { files } = place.workspace;
  const path = joinPath(root, below);
  const isInside = !below.includes("\0") && isWithin(await files.realPath(root), await files.realPath(path));
  if (isInside && (await isFolder(place, path))) return path;
  throw new SourceError("repo_path_not_found", `repo_path not found: ${repoPath}`);
}

/** A checkout of one repository into its cache. */
export interface CheckoutRequest {
  cache: CheckoutCache;
  source: Extract<Source, { kind: "git" }>;
  rules: FetchRules;
}

/** Has the files of a commit in the cache. Resolves with the commit. @throws SourceError */
export async function checkOut(place: ExtensionPlace, request: CheckoutRequest): Promise<string> {
  const { cache, source, rules } = request;
  const { ref } = source;
  if (ref !== null && isFullId(ref) && (await cache.find(ref)) !== undefined) return ref.toLowerCase();
  try {
    const commit = await fetchCommit(place, request);
    await cache.remember(ref, commit);
    return commit;
  } catch (error) {
    const isAway = error instanceof SourceError && ["source_unavailable", "timeout"].includes(error.code);
    const commit = isAway && !rules.isStrict ? await cache.recall(ref) : undefined;
    if (commit === undefined) throw error;
    const shown = (text: string) => hideValues(text, rules.hidden ?? []);
    place.logger.warn(
      { url: shown(source.url), ref: ref && shown(ref), commit, error: shown(messageOf(error)) },
      "a source is taken from the cache",
    );
    return commit;
  }
}

async function fetchCommit(
  place: ExtensionPlace,
  { cache, source: { url, credentials, ref: wanted }, rules }: CheckoutRequest,
): Promise<string> {
  const git = await FetchingGit.for(place, { url, credentials }, rules);
  const folder = await cache.open();
  const { files } = place.workspace;
  try {
    const ref = await findRemoteRef(git, { url, ref: wanted, cwd: folder });
    if (ref.commit !== null && (await cache.find(ref.commit)) !== undefined) return ref.commit;
    const folders = { repository: joinPath(folder, "repository"), files: joinPath(folder, "files") };
    await files.makeFolder(folders.files);
    const commit = await fetchTree(git, { url, ref, folders });
    await cache.keep(commit, folders.files);
    return commit;
  } finally {
    await files.remove(folder, { recursive: true }).catch(() => {});
  }
}

async function isFolder({ workspace }: ExtensionPlace, path: string): Promise<boolean> {
  return (await workspace.files.stat(path).catch(() => null))?.type === "directory";
}
