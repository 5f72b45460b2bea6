import type { Workspace } from "./workspace.ts";
import type { WorkspaceFiles } from "./workspace-files.ts";

/** A machine as one group of routes serves it. */
export interface Place {
  /** The machine. */
  readonly workspace: Workspace;
  /** Absolute path of the folder that every path of a request must lie in. null: the whole machine. */
  readonly root: string | null;
  /** Absolute paths that no request may write to. */
  readonly kept: readonly string[];
}

/**
 * The place of requests that stay in a folder. Its files do, too, where the machine can see to it: then a link that is
 * put in between the check of a path and its use leads nowhere else.
 */
export async function placeWithin(workspace: Workspace, root: string): Promise<Place> {
  const { files } = workspace;
  if (files.within === undefined) return { workspace, root, kept: [] };
  const confined = files.within(await files.realPath(root));
  return { workspace: withFiles(workspace, confined), root, kept: [] };
}

/** The same machine, seen through other files. */
export function withFiles(workspace: Workspace, files: WorkspaceFiles): Workspace {
  return {
    info: workspace.info,
    files,
    run: (argv, options) => workspace.run(argv, options),
    terminal: (options) => workspace.terminal(options),
    close: () => workspace.close(),
  };
}

/** A path of a request: its one name, or the reason why no request may use it. */
export type ResolvedPath =
  | { readonly outcome: "resolved"; readonly path: string }
  | { readonly outcome: "relative" | "outside" };

/**
 * Gives the one name of a path that a request brought, with its links followed as far as it exists, and checks that it
 * lies in the root of the place. Use the resolved path from then on: a link that is put in afterwards is not followed
 * out of the root by the names before it. Throws `WorkspaceError` `invalid_path` for a path that no file can have.
 */
export async function resolvePath({ workspace, root }: Place, path: string): Promise<ResolvedPath> {
  if (!path.startsWith("/")) return { outcome: "relative" };
  const resolved = await workspace.files.realPath(path);
  if (root === null) return { outcome: "resolved", path: resolved };
  const folder = await workspace.files.realPath(root);
  return isWithin(folder, resolved) ? { outcome: "resolved", path: resolved } : { outcome: "outside" };
}

/** Whether a path is the folder itself or lies in it. Both are real paths. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
