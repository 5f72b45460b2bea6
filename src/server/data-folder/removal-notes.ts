import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { RemovalNote, RemovalNotes } from "../../conversations/removal/removal-notes.ts";
import { isUuid, toDashed, toHex } from "../../wire/ids.ts";
import { writeFileAtomic } from "../../workspace/local/write-file-atomic.ts";

const SUFFIX = ".removing";

/** A note says what is to be removed, so it is read as strictly as it was written. */
const worktree = z.strictObject({
  folder: z.string(),
  path: z.string(),
  source: z.string(),
  repository: z.string().optional(),
  unfinishedBranch: z.string().optional(),
});

/** Keeps the notes as files in a folder, named after the conversations; empty for those without a worktree. */
export function removalNotes(folder: string): RemovalNotes {
  const pathOf = (id: string) => join(folder, toHex(id) + SUFFIX);
  return {
    async begin({ id, worktree }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(pathOf(id), worktree === undefined ? "" : JSON.stringify(worktree), 0o600);
    },
    end: (id) => rm(pathOf(id), { force: true }),
    async begun() {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw error;
      });
      const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
      return Promise.all(ids.filter(isUuid).map((id) => read(toDashed(id), pathOf(id))));
    },
  };
}

/** Of a note that cannot be read, only the id counts. */
async function read(id: string, path: string): Promise<RemovalNote> {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    return { id, worktree: worktree.parse(JSON.parse(text)) };
  } catch {
    return { id };
  }
}
