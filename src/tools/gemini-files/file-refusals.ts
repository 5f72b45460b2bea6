import type { FileStatus } from "../../workspace/workspace-files.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";

export function isMissing(path: string, hint = ""): FileRefusal {
  return new FileRefusal(`Error: File not found: ${path}.${hint}`);
}

/** @throws FileRefusal for a folder. */
export function checkNoFolder(path: string, status: FileStatus | null): void {
  if (status?.type === "directory") throw new FileRefusal(`Error: Path is a directory, not a file: ${path}`);
}
