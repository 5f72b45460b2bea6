import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { makeFolder } from "../local/make-folder.ts";
import { isWithin } from "../place.ts";
import type { WorkspaceSpec } from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { Mount } from "./bubblewrap-arguments.ts";
import { confinedFiles } from "./confined-files.ts";
import type { ResolvedSandbox } from "./sandbox-options.ts";

/** The folders of one sandbox. Their paths lead through no link. */
export interface SandboxFolders {
  workingDir: string;
  dataDir: string;
  /** Home folder of programs, kept as long as the data folder. */
  home: string;
  /** Folder for temporary files that outlive a command. */
  temporaryDir: string;
  readOnly: readonly string[];
  writable: readonly string[];
}

/**
 * Makes the folders of a sandbox and checks that none of them shows what belongs to the server: the database and the
 * other conversations' data, which lie next to the data folder.
 *
 * @throws WorkspaceError `permission_denied` for a working folder outside of the root, `unavailable` for folders that a
 * host must not show.
 */
export async function makeSandboxFolders(
  sandbox: Pick<ResolvedSandbox, "root" | "readOnly" | "writable">,
  spec: WorkspaceSpec,
): Promise<SandboxFolders> {
  await makeFolder(spec.dataDir, 0o700);
  const dataDir = await realpath(spec.dataDir);
  const [home, temporaryDir] = [join(dataDir, "home"), join(dataDir, "tmp")];
  for (const path of [home, temporaryDir]) await makeFolder(path, 0o700);
  const workingDir = await makeWorkingDir(sandbox.root, spec);
  const [readOnly, writable] = await Promise.all([
    realPaths("readOnly", sandbox.readOnly),
    realPaths("writable", sandbox.writable),
  ]);
  const state = dirname(dataDir);
  for (const path of [workingDir, ...readOnly, ...writable]) {
    if (!isWithin(path, state) && !isWithin(state, path)) continue;
    throw new WorkspaceError(
      "unavailable",
      `${path}: a sandbox cannot show this folder, because the server keeps its own files in ${state}. ` +
        "Choose a folder apart from it, or another conversationsPath",
    );
  }
  refuseSpoiledGuards({ workingDir, readOnly, writable });
  // Every shell of the server keeps its private folder there.
  const shared = await realpath(tmpdir());
  for (const path of [workingDir, ...readOnly, ...writable]) {
    if (!isWithin(path, shared)) continue;
    throw new WorkspaceError(
      "unavailable",
      `${path}: a sandbox cannot show the folder for temporary files of all`,
    );
  }
  return { workingDir, dataDir, home, temporaryDir, readOnly, writable };
}

/** Refuses folders whose rights would not hold: one that another mount covers, or whose place a command could move. */
function refuseSpoiledGuards({
  workingDir,
  readOnly,
  writable,
}: Pick<SandboxFolders, "workingDir" | "readOnly" | "writable">): void {
  for (const path of readOnly) {
    if (!isWithin(path, workingDir)) continue;
    throw new WorkspaceError("permission_denied", `${workingDir}: lies in ${path}, which is read-only`);
  }
  for (const path of [...readOnly, ...writable]) {
    for (const outer of [workingDir, ...writable]) {
      if (path === outer || !isWithin(outer, path) || dirname(path) === outer) continue;
      throw new WorkspaceError(
        "unavailable",
        `${path}: lies too deep in ${outer}, where commands may move its parents`,
      );
    }
  }
}

/** Checks that the folders are still where they were, and lists them for bubblewrap: outer ones first. */
export async function mountsOf(folders: SandboxFolders, extra: readonly string[] = []): Promise<Mount[]> {
  const { workingDir, dataDir, home, temporaryDir } = folders;
  const writable = [workingDir, home, temporaryDir, ...folders.writable, ...extra];
  const readable = [dataDir, ...folders.readOnly];
  for (const path of [...writable, ...readable]) await checkInPlace(path);
  const mounts = [
    ...readable.map((path) => ({ path, isWritable: false })),
    ...writable.map((path) => ({ path, isWritable: true })),
  ];
  return mounts.sort((a, b) => a.path.length - b.path.length);
}

async function checkInPlace(path: string): Promise<void> {
  const real = await realpath(path).catch(() => null);
  if (real === path) return;
  const reason = real === null ? "is gone" : "has become a link to elsewhere";
  throw new WorkspaceError("unavailable", `${path}: this folder of the sandbox ${reason}`);
}

/** Makes the working folder. Links below the root are followed as long as they stay in it. */
async function makeWorkingDir(root: string, { conversationId, workingDir }: WorkspaceSpec): Promise<string> {
  await makeFolder(root);
  const real = await realpath(root);
  const wanted = conversationId === null ? root : resolve(root, workingDir);
  const path = isWithin(root, wanted) ? join(real, relative(root, wanted)) : wanted;
  if (!isWithin(real, path)) throw outsideRoot(workingDir, root);
  const files = confinedFiles([{ path: real, isWritable: true }]);
  await files.makeFolder(path).catch((error: unknown) => {
    throw WorkspaceError.is(error) && error.code === "permission_denied"
      ? outsideRoot(workingDir, root)
      : error;
  });
  return files.realPath(path);
}

function outsideRoot(workingDir: string, root: string): WorkspaceError {
  return new WorkspaceError(
    "permission_denied",
    `workspace.working_dir: ${workingDir} does not lie in ${root}, where the sandbox has its working folders`,
  );
}

function realPaths(name: string, paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map((path) => {
      if (!isAbsolute(path)) throw new TypeError(`${name}: ${path} is not an absolute path`);
      return realpath(path).catch((cause: unknown) => {
        throw new WorkspaceError("unavailable", `${name}: ${path} cannot be found`, { cause });
      });
    }),
  );
}
