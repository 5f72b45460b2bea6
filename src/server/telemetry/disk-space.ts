import { statfs } from "node:fs/promises";
import type { DiskSample } from "../../observing/observer.ts";
import { settledWithin } from "../../waiting.ts";

/** Milliseconds that a disk has to answer. */
const PATIENCE = 1_000;

/**
 * Reads the space of the disk that has a folder. A disk that hangs, as those of networks may, is asked once until it has
 * answered: each question takes a thread that other files need, too.
 */
export function diskSpaceOf(folder: string): () => Promise<DiskSample | undefined> {
  let asked: Promise<DiskSample | undefined> | undefined;
  return async () => {
    asked ??= read(folder).finally(() => {
      asked = undefined;
    });
    const reading = asked;
    return (await settledWithin(reading, PATIENCE)) ? reading : undefined;
  };
}

/** The folder may not be there: a server that keeps nothing on its disk makes none. */
async function read(folder: string): Promise<DiskSample | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { free: bavail * bsize, size: blocks * bsize };
  } catch {
    return undefined;
  }
}
