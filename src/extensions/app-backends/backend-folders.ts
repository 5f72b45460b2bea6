import { joinPath } from "../../workspace/paths.ts";
import type { ExtensionPlace } from "../place.ts";

/** Folders of the back end of one extension, and the file that says what is prepared. As the reference has them. */
export interface BackendFolders {
  /** A folder for each archive that was unpacked, named by its checksum. */
  artifacts: string;
  /** Archives that were downloaded, of all extensions. */
  downloads: string;
  /** Of the back end itself. Outlives the extension. */
  data: string;
  home: string;
  approval: string;
}

export function backendFolders({ userDir }: ExtensionPlace, name: string): BackendFolders {
  const root = joinPath(userDir, "canvas-extensions", "backends");
  const data = joinPath(root, "data", name);
  return {
    artifacts: joinPath(root, "artifacts", name),
    downloads: joinPath(root, "downloads"),
    data,
    home: joinPath(data, "home"),
    approval: joinPath(root, "approvals", `${name}.json`),
  };
}

/** Whether there is a folder. */
export async function isFolder({ workspace }: ExtensionPlace, path: string): Promise<boolean> {
  return (await workspace.files.stat(path).catch(() => null))?.type === "directory";
}
