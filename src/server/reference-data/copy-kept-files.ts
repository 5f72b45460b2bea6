import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { LAYOUT } from "../../conversations/export/layout.ts";
import type { Fault } from "../../conversations/import/folder/source-files.ts";
import { messageOf } from "../../errors.ts";

/** Files that the store has instead, and those that only a running server needs. */
const NOT_COPIED = new Set<string>([...Object.values(LAYOUT), "bash_events"]);

/**
 * Copies what tools keep in the folder of a conversation. Links and devices stay behind, and so do files that cannot be
 * copied, which are returned.
 */
export async function copyKeptFiles(from: string, to: string): Promise<Fault[]> {
  if (from === to) return [];
  const faults: Fault[] = [];
  const copy = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(from, below), { withFileTypes: true })) {
      const path = join(below, entry.name);
      if (NOT_COPIED.has(path) || isPassing(entry.name)) continue;
      try {
        if (entry.isDirectory()) await copy(path);
        if (!entry.isFile()) continue;
        await mkdir(join(to, below), { recursive: true });
        await copyFile(join(from, path), join(to, path));
      } catch (error) {
        faults.push({ file: join(from, path), reason: messageOf(error) });
      }
    }
  };
  await copy(".");
  return faults;
}

/** Whether a file is being written, or is there for the time of that. */
function isPassing(name: string): boolean {
  return name.endsWith(".tmp") || name.endsWith(".lock");
}
