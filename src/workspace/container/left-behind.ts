import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { sendSignal } from "../local/send-signal.ts";
import { FOLDER_PREFIX } from "../local/terminal/shell-folders.ts";

/** Ends the name of a file that holds the environment of a command. */
export const PERMIT_SUFFIX = ".env";

/**
 * Removes what a server that was killed has left for commands and shells: their variables may be secrets. What is
 * younger than this process stays, because it is in use. Never rejects.
 */
export async function removeLeftBehind(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isLeft)) await removeIfOlder(join(folder, name)).catch(() => {});
}

/** A command reads its file at once; a shell keeps its folder as long as its server lives. */
function isLeft(name: string): boolean {
  if (name.endsWith(PERMIT_SUFFIX)) return true;
  if (!name.startsWith(FOLDER_PREFIX)) return false;
  const pid = Number.parseInt(name.slice(FOLDER_PREFIX.length), 10);
  // A server that is started again in a container often has the same id.
  return pid === process.pid || !sendSignal(pid, 0);
}

async function removeIfOlder(path: string): Promise<void> {
  if ((await lstat(path)).mtimeMs < performance.timeOrigin) await rm(path, { recursive: true });
}
