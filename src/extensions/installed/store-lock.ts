import { setTimeout } from "node:timers/promises";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf } from "../place.ts";

const LOCK = ".lock";

/** Milliseconds after which a lock is one that an ended process left. Callers remove nothing large under it. */
const ABANDONED = 30_000;

/** Milliseconds in which a lock must come free. */
const PATIENCE = 45_000;

/** Attempts in a row that fail although the lock is free. */
const MAX_FAILURES = 5;

/** Milliseconds between two attempts. */
const PAUSE = 20;

/**
 * Does work on a folder that no other caller does meanwhile, in this process or another. The lock is a folder with a
 * file in it: a rename puts it in place if there is none, or an empty one.
 *
 * @throws Error when the lock does not come free, or the folder cannot be written
 */
export async function withStoreLock<T>(
  place: ExtensionPlace,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  const { files } = place.workspace;
  const token = place.clock.newId();
  const prepared = joinPath(folder, `${LOCK}-${token}`);
  await files.write(joinPath(prepared, token), "");
  try {
    await acquire(place, prepared, joinPath(folder, LOCK));
    return await work();
  } finally {
    await files.remove(joinPath(folder, LOCK, token)).catch(() => {});
    await files.remove(prepared, { recursive: true }).catch(() => {});
  }
}

async function acquire(place: ExtensionPlace, prepared: string, lock: string): Promise<void> {
  const { workspace, clock } = place;
  const until = clock.now() + PATIENCE;
  let failures = 0;
  for (;;) {
    try {
      return await workspace.files.move(prepared, lock);
    } catch (error) {
      // Another caller may have held it for the moment of the attempt. A disk that cannot be written fails each time.
      failures = (await isHeld(place, lock)) ? 0 : failures + 1;
      if (failures > MAX_FAILURES || clock.now() > until) throw error;
    }
    await setTimeout(PAUSE);
  }
}

/** Whether a caller has the lock. An abandoned one is taken away from the token that it was left with, and no other. */
async function isHeld(place: ExtensionPlace, lock: string): Promise<boolean> {
  const { files } = place.workspace;
  const holders = await entriesOf(place, lock);
  for (const { name } of holders) {
    const path = joinPath(lock, name);
    const status = await files.stat(path).catch(() => null);
    if (status === null || place.clock.now() - status.modifiedAt < ABANDONED) continue;
    place.logger.warn({ path }, "a lock that an ended process left is taken away");
    await files.remove(path).catch(() => {});
  }
  return holders.length > 0;
}
