import { basename, dirname, extname, isAbsolute, join } from "node:path/posix";

// Paths of a workspace have one form, whatever machine the server runs on. Nothing here touches a file.
export const isAbsolutePath = isAbsolute;
export const joinPath = join;
export const parentOf = dirname;
export const nameOf = basename;

/** Extension of a path in lower case, with its dot: `.png`. Empty without one. */
export function extensionOf(path: string): string {
  return extname(path).toLowerCase();
}
