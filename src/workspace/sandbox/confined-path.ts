import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readlink } from "node:fs/promises";
import { join } from "node:path/posix";
import { codeOf, isMissing } from "../local/file-error.ts";
import { WorkspaceError } from "../workspace-error.ts";

/** A folder or file that a sandbox shows. */
export interface Root {
  /** Absolute path without links. */
  readonly path: string;
  /** Absolute path on the machine, without links. Default: the same. */
  readonly source?: string;
  readonly isWritable: boolean;
}

/** Options of a walk. */
export interface WalkOptions {
  /** Whether a link at the end of the path is followed. Default: true. */
  followLast?: boolean;
  /**
   * Permissions of missing folders, which are then made; the last part of the path is never made. Default: none is
   * made.
   */
  makeMode?: number | undefined;
}

/** One step of a walk. */
export interface Step {
  /** The path as the sandbox names it, without links. */
  readonly path: string;
  /** The root that the step lies in. null outside of all of them. */
  readonly root: Root | null;
  /** An open handle. null when there is nothing, and outside of the roots. */
  readonly handle: FileHandle | null;
}

/** `O_PATH` of Linux, which Node does not name: a handle that needs no right to read. */
const O_PATH = 0o10000000;
const { O_NOFOLLOW } = constants;

/** Number of links that Linux follows before it fails. */
const MAX_LINKS = 40;

/** Parts of a path, each of which holds a descriptor while it is walked. */
const MAX_DEPTH = 256;

const TOP: Step = { path: "/", root: null, handle: null };

/** A path by which the system reaches exactly the file that a handle holds, whatever has become of its name. */
export function pathOf({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

/**
 * A walk along a path, one part at a time, each looked up in the open folder before it and never through a link. Links
 * are read and walked like the path itself, so that neither they nor a part that is replaced meanwhile lead out of the
 * roots. Holds the handles of all steps until it is disposed of.
 */
export class Walk implements AsyncDisposable {
  readonly #roots: readonly Root[];
  readonly #options: WalkOptions;
  readonly #steps: Step[] = [TOP];
  #todo: string[];
  #links = 0;

  /** Walks to the end of an absolute path, whether there is something or not. */
  static async along(roots: readonly Root[], path: string, options: WalkOptions = {}): Promise<Walk> {
    const walk = new Walk(roots, path, options);
    try {
      while (walk.#todo.length > 0) await walk.#next(walk.#todo.shift() ?? "");
      return walk;
    } catch (error) {
      await walk[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(roots: readonly Root[], path: string, options: WalkOptions) {
    this.#roots = roots;
    this.#options = options;
    this.#todo = partsOf(path);
  }

  /** The end of the path. */
  get last(): Step {
    return this.#steps.at(-1) ?? TOP;
  }

  /** The folder above the end. */
  get parent(): Step {
    return this.#steps.at(-2) ?? TOP;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#steps.splice(0).map(close));
  }

  async #next(name: string): Promise<void> {
    if (name === "..") return this.#up();
    const { last } = this;
    const path = join(last.path, name);
    const root = this.#roots.find((candidate) => candidate.path === path);
    if (root !== undefined) return this.#push({ path, root, handle: await openRoot(root) });
    const missing: Step = { path, root: last.root, handle: null };
    if (last.handle === null) return this.#push(missing);
    const found = await this.#find(last.handle, name);
    if (found === "link") return this.#follow(last.handle, name);
    return this.#push(found === null ? missing : { ...missing, handle: found });
  }

  /** Opens one part of the path. null when there is nothing. */
  async #find(folder: FileHandle, name: string): Promise<FileHandle | "link" | null> {
    const path = `${pathOf(folder)}/${name}`;
    const handle = (await openPart(path)) ?? (await this.#make(path));
    if (handle === null) return null;
    const isLink = (await handle.stat()).isSymbolicLink();
    const isEnd = this.#todo.length === 0;
    if (!isLink || (isEnd && this.#options.followLast === false)) return handle;
    await handle.close();
    return "link";
  }

  async #make(path: string): Promise<FileHandle | null> {
    const { makeMode } = this.#options;
    if (makeMode === undefined || this.#todo.length === 0) return null;
    if (!this.last.root?.isWritable) throw readOnly(this.last.path);
    await mkdir(path, makeMode).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    return openPart(path);
  }

  async #follow(folder: FileHandle, name: string): Promise<void> {
    this.#links += 1;
    if (this.#links > MAX_LINKS) {
      throw new WorkspaceError(
        "invalid_path",
        `${join(this.last.path, name)}: leads through a circle of links`,
      );
    }
    const target = await readlink(`${pathOf(folder)}/${name}`).catch((error: unknown) => {
      // It was a link a moment ago: look again.
      if (codeOf(error) === "EINVAL" || isMissing(error)) return name;
      throw error;
    });
    this.#todo.unshift(...partsOf(target));
    if (target.startsWith("/")) await Promise.all(this.#steps.splice(1).map(close));
  }

  async #up(): Promise<void> {
    if (this.#steps.length > 1) await close(this.#steps.pop() ?? TOP);
  }

  async #push(step: Step): Promise<void> {
    this.#steps.push(step);
    // Each step holds a descriptor, of which the server has a limited number.
    if (this.#steps.length > MAX_DEPTH)
      throw new WorkspaceError("invalid_path", `${step.path}: lies too deep`);
  }
}

export function readOnly(path: string): WorkspaceError {
  return new WorkspaceError("permission_denied", `${path}: the sandbox can only read here`);
}

async function openPart(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Opens a root by its path and checks that no link has led elsewhere. */
async function openRoot({ path, source = path }: Root): Promise<FileHandle | null> {
  const handle = await openPart(source);
  if (handle === null || (await readlink(pathOf(handle))) === source) return handle;
  await handle.close();
  throw new WorkspaceError("permission_denied", `${path}: a link leads away from this folder`);
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

async function close({ handle }: Step): Promise<void> {
  await handle?.close();
}
