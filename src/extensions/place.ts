import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { folderPath, isAbsolutePath, joinPath, parentOf } from "../workspace/paths.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { DirectoryEntry } from "../workspace/workspace-files.ts";

/** A machine on which extensions lie, as files that people and agents wrote. */
export interface ExtensionPlace {
  workspace: Workspace;
  /** Absolute path of the folder of the user's files, `~/.openhands` by default. */
  userDir: string;
  logger: Logger;
  clock: Clock;
  /** Judges a host before a program of the machine connects to it for a user. */
  judgeHost(host: string): Promise<HostVerdict>;
  publicExtensions: PublicExtensionsAccess;
}

/** The extensions that everyone is offered. Each method rejects with a SourceError where they cannot be brought. */
export interface PublicExtensionsAccess {
  /** The folder that holds them. */
  folder(): Promise<string>;
  /** Brings them up to date now. */
  refresh(): Promise<string>;
  /** A list that is read of them, and kept for a while under a name. */
  listed<T>(name: string, read: (folder: string) => Promise<T[]>): Promise<T[]>;
}

/** How a program of the machine may reach a host. */
export type HostVerdict =
  /** At these addresses, without another look at its name. */
  | { readonly outcome: "allowed"; readonly addresses: readonly string[] }
  /** Through a proxy of the operator, which alone knows the name. */
  | { readonly outcome: "proxied" }
  | { readonly outcome: "refused" | "unknown" };

/** A skill is text for a prompt; a larger file cannot be meant as one. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Names of one folder that are looked at. */
const MAX_ENTRIES = 2_000;
/** Folders above a project in which the top of its repository is looked for. No file system has deeper paths. */
const MAX_LEVELS = 2_048;

/** Folders from which one kind of extension is read, those that win first. */
export function userFolders({ workspace, userDir }: ExtensionPlace, kind: string): string[] {
  return [joinPath(workspace.info.home, ".agents", kind), joinPath(userDir, kind)];
}

/** The same in a project, where the working directory wins over the top of its repository. */
export function projectFolders(root: string, kind: string): string[] {
  return [joinPath(root, ".agents", kind), joinPath(root, ".openhands", kind)];
}

/** A project's folder and, if it lies below, the top of its repository. Relative paths start where the server does. */
export async function projectRoots({ workspace }: ExtensionPlace, projectDir: string): Promise<string[]> {
  const folder = absolute(workspace, projectDir);
  const top = await repositoryTop(workspace, folder);
  return top === null || top === folder ? [folder] : [folder, top];
}

function absolute(workspace: Workspace, path: string): string {
  return folderPath(isAbsolutePath(path) ? path : joinPath(workspace.info.workingDir, path));
}

async function repositoryTop(workspace: Workspace, folder: string): Promise<string | null> {
  let path = folder;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    if ((await quietly(workspace.files.stat(joinPath(path, ".git")), null)) !== null) return path;
    if (path === parentOf(path)) return null;
    path = parentOf(path);
  }
  return null;
}

/** Lists a folder; empty when it is missing or cannot be read. What is left out of a full one is logged. */
export async function entriesOf(place: ExtensionPlace, folder: string): Promise<DirectoryEntry[]> {
  const listing = await quietly(place.workspace.files.list(folder, { limit: MAX_ENTRIES }), null);
  if (listing?.truncated) tellOfBound(place, folder, `${MAX_ENTRIES} names of a folder`);
  return listing?.entries ?? [];
}

/** Logs that a folder has more than is read of it. */
export function tellOfBound({ logger }: ExtensionPlace, path: string, bound: string): void {
  logger.warn({ path, bound }, "a folder has more extensions than are read: the rest is left out");
}

/** Reads a text file. null when it is missing, larger than 1 MiB or cannot be read. */
export async function readText({ workspace }: ExtensionPlace, path: string): Promise<string | null> {
  const bytes = await quietly(workspace.files.read(path, { maxBytes: MAX_FILE_BYTES }), null);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** Reads one extension. null for a faulty one, which is logged and costs nothing else. */
export async function orSkip<T>(
  { logger }: ExtensionPlace,
  path: string,
  load: () => Promise<T>,
): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    logger.warn({ path, error }, "an extension was left out: its file cannot be read");
    return null;
  }
}

async function quietly<T, F>(promise: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await promise;
  } catch {
    return fallback;
  }
}
