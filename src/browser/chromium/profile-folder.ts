import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "agent-server-browser-";
/** Milliseconds after which the folder of a process that is gone is removed. */
const STALE = 60 * 60_000;

/** Makes a private folder for one browser. Removes those that crashed machines have left. */
export async function makeProfileFolder(): Promise<string> {
  await sweep().catch(() => {});
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

async function sweep(): Promise<void> {
  const names = await readdir(tmpdir());
  const left = names.filter(
    (name) => name.startsWith(PREFIX) && !isAlive(Number.parseInt(name.slice(PREFIX.length), 10)),
  );
  for (const name of left) {
    const path = join(tmpdir(), name);
    const { uid, mtimeMs } = await lstat(path);
    if (uid !== process.geteuid?.() || Date.now() - mtimeMs < STALE) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return Number.isNaN(pid) || process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
