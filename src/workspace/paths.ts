import { dirname, extname, isAbsolute, join } from "node:path/posix";

/** Paths of a workspace, whatever machine it is on. Nothing here touches a file. */
export const isAbsolutePath = isAbsolute;
export const joinPath = join;
export const parentOf = dirname;

/** Lower case, with the dot: `.png`; empty when there is none. */
export function extensionOf(path: string): string {
  return extname(path).toLowerCase();
}
