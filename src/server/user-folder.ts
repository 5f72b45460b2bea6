import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { absolutePath } from "../absolute-path.ts";
import type { Logger } from "../logger.ts";

/**
 * Makes the folder of the user's files absolute: `~` is the home folder, and a relative path lies below the folder that
 * the server was started in. undefined when none is set.
 */
export function userFolder(path: string | undefined, logger: Logger): string | undefined {
  if (path === undefined) return undefined;
  const expanded = /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
  if (isAbsolute(expanded)) return expanded;
  const absolute = absolutePath(expanded);
  logger.warn({ userDir: path, absolute }, "userDir (OH_PERSISTENCE_DIR) is relative: set an absolute path");
  return absolute;
}
