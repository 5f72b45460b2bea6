import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { removeLeftFolders } from "../../../../src/workspace/local/terminal/shell-folders.ts";
import { openLocal, temporaryDirectory } from "../../open-local.ts";

/** A process id beyond the largest one. */
const NO_PROCESS = 2 ** 22 + 1;

async function emptyTemporaryFolder(): Promise<string> {
  const folder = await temporaryDirectory();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

async function addFolder(path: string, { used }: { used: Date }): Promise<void> {
  await mkdir(join(path, "inner"), { recursive: true });
  await utimes(path, used, used);
}

const HOUR_AGO = new Date(Date.now() - 3_600_000);

it("removes what killed servers left, and nothing else", async () => {
  const folder = await emptyTemporaryFolder();
  await addFolder(join(folder, `agent-terminal-${NO_PROCESS}-dead`), { used: HOUR_AGO });
  const kept = [
    `agent-terminal-${NO_PROCESS}-fresh`,
    `agent-terminal-${process.pid}-alive`,
    "agent-terminal-notes",
    "other",
  ];
  for (const name of kept) {
    await addFolder(join(folder, name), { used: name.endsWith("fresh") ? new Date() : HOUR_AGO });
  }
  await removeLeftFolders();
  expect(await readdir(folder)).toEqual(kept.sort());
});

it("happens when the first workspace is opened", async () => {
  const folder = await emptyTemporaryFolder();
  await addFolder(join(folder, `agent-terminal-${NO_PROCESS}-dead`), { used: HOUR_AGO });
  await openLocal({ workingDir: join(folder, "work") });
  expect(await readdir(folder)).toEqual([]);
});
