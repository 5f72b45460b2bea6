import { joinPath } from "../paths.ts";
import type { Workspace } from "../workspace.ts";

const PREFIX = "agent-server-archive-";

/** Milliseconds after which a folder was left by a process that was killed. */
const ABANDONED = 24 * 60 * 60 * 1000;

/** Entries of the folder for temporary files that are looked at for what was left. */
const MAX_ENTRIES = 10_000;

/** Does something with a new folder that only the user of the workspace can read, and removes it. */
export async function* withScratchFolder<T>(
  { files, info }: Workspace,
  work: (folder: string) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  await sweep(files, info.temporaryDir).catch(() => {});
  const folder = joinPath(info.temporaryDir, `${PREFIX}${Date.now()}-${crypto.randomUUID()}`);
  await files.makeFolder(folder, { mode: 0o700 });
  try {
    yield* work(folder);
  } finally {
    await files.remove(folder, { recursive: true }).catch(() => {});
  }
}

async function sweep(files: Workspace["files"], temporaryDir: string): Promise<void> {
  const { entries } = await files.list(temporaryDir, { limit: MAX_ENTRIES });
  for (const { name, type, isLink } of entries) {
    if (type !== "directory" || isLink || !name.startsWith(PREFIX)) continue;
    const madeAt = Number.parseInt(name.slice(PREFIX.length), 10);
    if (!(Date.now() - madeAt > ABANDONED)) continue;
    await files.remove(joinPath(temporaryDir, name), { recursive: true }).catch(() => {});
  }
}
