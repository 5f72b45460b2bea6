import { resolve } from "node:path";
import { AgentServerError } from "./errors.ts";

/**
 * Gives the absolute path of a folder or file, as of now: what is kept stays where it was when the current folder moves
 * or is removed. A relative path in a folder that was removed has none, and Node's recursive mkdir of such a path never
 * returns.
 *
 * @throws AgentServerError `unavailable` for a relative path where the current folder was removed
 */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    const advice = "Name an absolute path, or start in another folder.";
    const detail = `'${path}' is a relative path, and the current folder does not exist any more. ${advice}`;
    throw new AgentServerError("unavailable", detail, { cause });
  }
}
