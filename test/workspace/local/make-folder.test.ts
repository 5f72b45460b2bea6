import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../../../src/workspace/local/make-folder.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "make-folder-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

it("makes what is missing, from several sides at once", async () => {
  const path = join(await folder(), "a", "b", "c");
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(path, "d"))]);
  expect((await stat(join(path, "d"))).isDirectory()).toBe(true);
  await makeFolder(path);
});

it("takes a link to a folder for one, and nothing else", async () => {
  const path = await folder();
  await symlink(path, join(path, "link"));
  await makeFolder(join(path, "link", "under"));
  await writeFile(join(path, "file"), "");
  await expect(makeFolder(join(path, "file"))).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(path, "file", "under"))).rejects.toThrow("ENOTDIR");
});

it.runIf(process.platform === "linux")("gives up where folders cannot be made", async () => {
  await expect(makeFolder("/proc/nowhere/at/all")).rejects.toThrow("ENOENT");
});
