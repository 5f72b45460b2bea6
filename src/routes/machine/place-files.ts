import type { ByteSource } from "../../http/content/bytes.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";
import type { FileStatus } from "../../workspace/workspace-files.ts";

/** Looks at a path. null when there is nothing, and when it leads through a file. */
export function statOrNull({ files }: Workspace, path: string): Promise<FileStatus | null> {
  return files.stat(path).catch((error: unknown) => {
    if (leadsThroughFile(error)) return null;
    throw error;
  });
}

/** Whether a path could not be used because one above it is not a folder. */
export function leadsThroughFile(error: unknown): boolean {
  return WorkspaceError.is(error) && error.code === "not_a_directory";
}

/** The bytes of a regular file. The size is that of `status`; a file that shrinks meanwhile cuts the answer. */
export function readableFile(
  { files }: Workspace,
  path: string,
  { size, modifiedAt }: FileStatus,
): ByteSource {
  return {
    size,
    modifiedAt,
    read: (start, end) => files.readStream(path, { offset: start, length: end - start }),
  };
}
