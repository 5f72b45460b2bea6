import { messageOf } from "../../errors.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../workspace-error.ts";

/** Codes of Node and the system, with their meaning for the port and for a reader. */
const FAILURES: Readonly<Record<string, readonly [WorkspaceErrorCode, string]>> = {
  ENOENT: ["not_found", "no such file or directory"],
  EISDIR: ["not_a_file", "is a directory"],
  ERR_FS_EISDIR: ["not_a_file", "is a directory"],
  ENXIO: ["not_a_file", "is not a regular file"],
  ENOTDIR: ["not_a_directory", "a part of the path is not a directory"],
  EEXIST: ["not_a_directory", "exists and is not a directory"],
  ELOOP: ["invalid_path", "leads through a circle of links"],
  ENAMETOOLONG: ["invalid_path", "the name is too long"],
  EACCES: ["permission_denied", "permission denied"],
  EPERM: ["permission_denied", "operation not permitted"],
  EROFS: ["permission_denied", "the file system is read-only"],
  EFBIG: ["too_large", "the file is too large for the file system"],
  ENOSPC: ["no_space", "no space left on the device"],
  EDQUOT: ["no_space", "the disk quota is used up"],
};

/** Turns a failure of the file system into an error of the port. Other errors pass unchanged. */
export function toFileError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (WorkspaceError.is(error) || code === undefined) return error;
  const [name, reason] = FAILURES[code] ?? ["unavailable", messageOf(error)];
  return new WorkspaceError(name, `${path}: ${reason}`, { cause: error });
}

/** Whether an error says that there is nothing at a path. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

/** The code of a failed system call, such as "ENOENT". */
export function codeOf(error: unknown): string | undefined {
  if (
    !(error instanceof Error) ||
    !("code" in error) ||
    !("syscall" in error || error.code === "ERR_FS_EISDIR")
  )
    return undefined;
  return String(error.code);
}
