import { folderPath } from "../workspace/paths.ts";
import { isWithin, withFiles } from "../workspace/place.ts";
import { WorkspaceError } from "../workspace/workspace-error.ts";
import type { WorkspaceFiles } from "../workspace/workspace-files.ts";
import type { ExtensionPlace } from "./place.ts";

/**
 * The place as a folder that others have written: what its links lead to outside of it cannot be read. A project could
 * have any file of the machine shown to a model otherwise.
 */
export async function placeIn(place: ExtensionPlace, folder: string): Promise<ExtensionPlace> {
  const { files } = place.workspace;
  const named = folderPath(folder);
  const real = await files.realPath(named);
  const confined = files.within?.(real) ?? checkedFiles(files, real);
  // The names above the folder may have links.
  const at = (path: string) => (isWithin(named, path) ? real + path.slice(named.length) : path);
  const checked: WorkspaceFiles = {
    ...confined,
    stat: (path) => confined.stat(at(path)),
    read: (path, options) => confined.read(at(path), options),
    list: (path, options) => confined.list(at(path), options),
    realPath: (path) => confined.realPath(at(path)),
  };
  return { ...place, workspace: withFiles(place.workspace, checked) };
}

/** For machines that look paths up by name only. Only what extensions are read with is checked. */
function checkedFiles(files: WorkspaceFiles, folder: string): WorkspaceFiles {
  const checked = async (path: string) => {
    const real = await files.realPath(path);
    if (isWithin(folder, real)) return real;
    throw new WorkspaceError("permission_denied", `${path} leads out of ${folder}`);
  };
  return {
    ...files,
    stat: async (path) => files.stat(await checked(path)),
    read: async (path, options) => files.read(await checked(path), options),
    list: async (path, options) => files.list(await checked(path), options),
  };
}
