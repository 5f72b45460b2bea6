import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const PREFIX = "agent-server-upload-";
/** Milliseconds after which no upload can still be arriving: servers cut requests far earlier. */
const LEFT_OVER_AFTER_MS = 24 * 60 * 60 * 1000;

/** Makes a folder that only the user of this process can enter. */
export function makeUploadFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, PREFIX));
}

/** Deletes the folders that killed servers of the same user left behind. Never rejects: it is only tidying. */
export async function sweepUploadFolders(parent: string, now: number): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const folders = names.filter((name) => name.startsWith(PREFIX)).map((name) => join(parent, name));
  await Promise.all(folders.map((folder) => deleteLeftOver(folder, now).catch(() => {})));
}

async function deleteLeftOver(folder: string, now: number): Promise<void> {
  const { uid, mtimeMs } = await lstat(folder);
  const own = process.getuid === undefined || process.getuid() === uid;
  if (own && now - mtimeMs > LEFT_OVER_AFTER_MS) await rm(folder, { recursive: true, force: true });
}
