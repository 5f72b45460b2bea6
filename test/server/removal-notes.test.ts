import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removalNotes } from "../../src/server/data-folder/removal-notes.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { openManager, start, until } from "../conversations/open-manager.ts";

test("a server that was killed while it removed a conversation removes the folder at its next start, and no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "removal-notes-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = memoryStore();
  const dataDir = (id: string) => join(folder, id);
  const options = { store, dataDir, removals: removalNotes(folder) };
  let reached: () => void = () => {};
  const atTheFolder = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const killed = openManager({
    ...options,
    // The process ends here.
    removeFolder: () => {
      reached();
      return new Promise(() => {});
    },
  });
  const [removed, kept, begun] = [
    await start(killed.manager),
    await start(killed.manager),
    await start(killed.manager),
  ];
  for (const id of [removed, kept, begun, "unknown"]) {
    await mkdir(dataDir(id));
    await writeFile(join(dataDir(id), "output.txt"), "kept");
  }
  void killed.manager.delete(removed);
  await atTheFolder;
  await options.removals.begin({ id: begun });

  const next = openManager({
    ...options,
    removeFolder: (path) => rm(path, { recursive: true, force: true }),
  });
  await next.manager.start();
  const left = [begun, kept, "unknown"].sort();
  await until(async () => (await readdir(folder)).join() === left.join());
  await next.manager.delete(kept);
  expect(await readdir(folder)).toEqual([begun, "unknown"].sort());
});
