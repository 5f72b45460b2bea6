import { basename, dirname, extname, isAbsolute, join } from "node:path/posix";

// Paths of a workspace have one form, whatever machine the server runs on. Nothing here touches a file.
export const isAbsolutePath = isAbsolute;
export const joinPath = join;
export const parentOf = dirname;
export const nameOf = basename;

/** Normal form of a folder's path: without a slash at its end, so that names below it begin after one. */
export function folderPath(path: string): string {
  const joined = join(path);
  return joined.length > 1 && joined.endsWith("/") ? joined.slice(0, -1) : joined;
}

/** Extension of a path in lower case, with its dot: `.png`. Empty without one. */
export function extensionOf(path: string): string {
  return extname(path).toLowerCase();
}
