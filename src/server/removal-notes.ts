import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RemovalNotes } from "../conversations/removal-notes.ts";
import { isUuid, toDashed, toHex } from "../wire/ids.ts";

const SUFFIX = ".removing";

/** Keeps the notes as empty files in a folder, named after the conversations. */
export function removalNotes(folder: string): RemovalNotes {
  const pathOf = (id: string) => join(folder, toHex(id) + SUFFIX);
  return {
    async begin(id) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(pathOf(id), "", { mode: 0o600 });
    },
    end: (id) => rm(pathOf(id), { force: true }),
    async begun() {
      const names = await readdir(folder).catch(() => []);
      const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
      return ids.filter(isUuid).map(toDashed);
    },
  };
}
