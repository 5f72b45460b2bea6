import { localFiles } from "../local/local-files.ts";
import type { WorkspaceFiles } from "../workspace-files.ts";
import { confinedFiles } from "./confined-files.ts";

/** The files of this machine in a folder, which is made by the first write to it. */
export function localFilesWithin(folder: string): WorkspaceFiles {
  const confined = confinedFiles([{ path: folder, isWritable: true }], "working directory");
  return {
    ...confined,
    realPath: localFiles.realPath,
    async write(path, content, options) {
      await localFiles.makeFolder(folder);
      return confined.write(path, content, options);
    },
    async makeFolder(path, options) {
      await localFiles.makeFolder(folder, options);
      return confined.makeFolder(path, options);
    },
  };
}
