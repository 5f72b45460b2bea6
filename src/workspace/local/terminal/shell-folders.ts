import { lstat, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sendSignal } from "../send-signal.ts";

/** Beginning of the name of a shell's folder. The id of the process that made it follows. */
export const FOLDER_PREFIX = "agent-terminal-";

const FOLDER_NAME = /^agent-terminal-(\d+)-/;

/**
 * Milliseconds since a folder was last used, after which it may be removed. Its process may live where this one cannot
 * see it, in another container: such a shell makes its folder again with the next command.
 */
const UNUSED = 60_000;

/** Removes the folders of shells whose server was killed together with them. Never rejects. */
export async function removeLeftFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const left = names.filter((name) => {
    const pid = FOLDER_NAME.exec(name)?.[1];
    return pid !== undefined && !sendSignal(Number(pid), 0);
  });
  for (const name of left) await removeIfUnused(join(tmpdir(), name)).catch(() => {});
}

async function removeIfUnused(path: string): Promise<void> {
  const { uid, mtimeMs } = await lstat(path);
  if (uid === process.geteuid?.() && mtimeMs < Date.now() - UNUSED) await rm(path, { recursive: true });
}
