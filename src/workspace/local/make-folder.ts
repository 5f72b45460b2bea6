import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isMissing } from "./file-error.ts";

/**
 * Makes a folder and those missing above it; `mode` is for all new ones, before the umask. Node's own `recursive`
 * never resolves, and keeps a thread, where a file system answers ENOENT although the parent exists, as /proc does.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  if (await makeOne(path, mode)) return;
  await makeFolder(dirname(path), mode);
  await mkdir(path, mode).catch((error: unknown) => assertFolder(path, error));
}

/** False when the folder above is missing. */
async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    if (isMissing(error) && dirname(path) !== path) return false;
    await assertFolder(path, error);
  }
  return true;
}

async function assertFolder(path: string, error: unknown): Promise<void> {
  const status = await stat(path).catch(() => null);
  if (!status?.isDirectory()) throw error;
}
