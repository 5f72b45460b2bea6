import { realpathSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";

/** Paths of the machine the agent works on. These touch no file, except `realPathOf`. */
export const isAbsolutePath = isAbsolute;
export const joinPath = join;

/** Lower case, with the dot: `.png`; empty when there is none. */
export function extensionOf(path: string): string {
  return extname(path).toLowerCase();
}

/**
 * The one name of a path: absolute, `..` and symbolic links followed as far as the path exists.
 * Synchronous, because locks are named by it before a call may wait for anything.
 */
export function realPathOf(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPathOf(parent), basename(absolute));
  }
}
