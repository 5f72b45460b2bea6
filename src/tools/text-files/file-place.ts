import { isAbsolutePath, joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/** The path of a file that a model names: absolute, or from the working directory on. */
export function absolutePath({ info }: Pick<Workspace, "info">, path: string): string {
  return isAbsolutePath(path) ? joinPath(path) : joinPath(info.workingDir, path);
}

/** The name under which calls that touch the same file wait for each other, whichever tool they are of. */
export async function fileResource(workspace: Workspace, path: string): Promise<string> {
  const absolute = absolutePath(workspace, path);
  return `file:${await workspace.files.realPath(absolute).catch(() => absolute)}`;
}
