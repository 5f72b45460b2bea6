import { AgentServerError } from "../../errors.ts";
import { parentOf } from "../paths.ts";
import type { Workspace } from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import { displayBase, namedCommit, parentOrEmpty } from "./display-base.ts";
import { Git } from "./git.ts";

/** A file before and after. Both are null when the file is in no repository. */
export interface FileDiff {
  /** The text after; empty when the file is gone or is not text. */
  modified: string | null;
  /** The text before; empty when the file is new or was not text. */
  original: string | null;
}

/** The two sides of a comparison: a base and the files on disk, or one commit and its first parent. */
export type DiffSides = { readonly ref: string | undefined } | { readonly commit: string };

/** Bytes of one side, as in the reference. */
const MAX_BYTES = 1024 * 1024;

const NO_REPOSITORY: FileDiff = { modified: null, original: null };

/**
 * Gives the whole text of a file on both sides of a change, with `\n` between its lines and none at its end.
 *
 * @throws AgentServerError `bad_request` for an unknown ref or commit, a file that is on neither side, and a side above 1 MiB.
 */
export async function diffFile(workspace: Workspace, path: string, sides: DiffSides): Promise<FileDiff> {
  const isCommit = "commit" in sides;
  const onDisk = isCommit ? null : await readText(workspace, path);
  const found = await findRepository(workspace, path);
  if (found === undefined) {
    if (!isCommit && onDisk === null) throw missing(path);
    return NO_REPOSITORY;
  }
  const { git, name } = found;
  if (isCommit) {
    const sha = await namedCommit(git, sides.commit);
    const original = await textAt(git, await parentOrEmpty(git, sha), name);
    return { modified: (await textAt(git, sha, name)) ?? "", original: original ?? "" };
  }
  const original = await textAt(git, await displayBase(git, sides.ref), name);
  if (onDisk === null && original === undefined) throw missing(path);
  return { modified: onDisk ?? "", original: original ?? "" };
}

interface Found {
  /** At the top of the repository. */
  git: Git;
  /** Path of the file from there. */
  name: string;
}

/** The repository whose work tree holds the path; the folders above it may be gone. */
async function findRepository(workspace: Workspace, path: string): Promise<Found | undefined> {
  let folder = parentOf(path);
  while ((await workspace.files.stat(folder))?.type !== "directory") folder = parentOf(folder);
  const below = new Git(workspace, folder);
  const top = await below.ask("rev-parse", "--show-toplevel");
  if (top === undefined || top === "") return undefined;
  const prefix = top.endsWith("/") ? top : `${top}/`;
  return path.startsWith(prefix) ? { git: below.within(top), name: path.slice(prefix.length) } : undefined;
}

/** The text of a file on disk; null when there is none. */
async function readText({ files }: Workspace, path: string): Promise<string | null> {
  const status = await files.stat(path);
  if (status === null) return null;
  if (status.type !== "file") throw new AgentServerError("bad_request", `Cannot access file: ${path}`);
  if (status.size > MAX_BYTES) throw tooLarge(status.size);
  try {
    return asText(await files.read(path, { maxBytes: MAX_BYTES }));
  } catch (error) {
    if (WorkspaceError.is(error) && error.code === "too_large") throw tooLarge(status.size);
    throw error;
  }
}

/** The text of a file in a commit or tree; undefined when it has no such file. */
async function textAt(git: Git, tree: string, name: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git.try(["ls-tree", "-z", "-l", "--full-tree", tree, "--", name]);
  const [, type, object, size] = /^\d+ (\w+) (\w+) +(\d+|-)\t/.exec(stdout) ?? [];
  if (exitCode !== 0 || type !== "blob" || object === undefined) return undefined;
  if (Number(size) > MAX_BYTES) throw tooLarge(Number(size));
  return asText(await git.bytes("cat-file", "blob", object));
}

/** Empty for bytes that are not text in UTF-8. */
function asText(bytes: Uint8Array): string {
  if (bytes.includes(0)) return "";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  } catch {
    return "";
  }
}

function missing(path: string): AgentServerError {
  return new AgentServerError("bad_request", `File does not exist: ${path}`);
}

function tooLarge(size: number): AgentServerError {
  const detail = `File too large for git diff: ${size} bytes (max: ${MAX_BYTES} bytes)`;
  return new AgentServerError("bad_request", detail);
}
