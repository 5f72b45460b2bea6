import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { prepareWorkspace } from "../../../src/workspace/local/prepare-workspace.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "prepare-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

it("makes the folder and its parents, and a git repository of it", async () => {
  const path = join(await folder(), "a", "b c");
  await prepareWorkspace(path, process.env);
  expect(await exists(join(path, ".git", "HEAD"))).toBe(true);
});

it("leaves a folder inside a repository as it is", async () => {
  const path = await folder();
  await prepareWorkspace(path, process.env);
  const head = await readFile(join(path, ".git", "HEAD"), "utf8");
  await prepareWorkspace(join(path, "sub"), process.env);
  await prepareWorkspace(path, process.env);
  expect(await exists(join(path, "sub", ".git"))).toBe(false);
  expect(await readFile(join(path, ".git", "HEAD"), "utf8")).toBe(head);
});

it("keeps the folder where there is no git", async () => {
  const path = join(await folder(), "plain");
  await prepareWorkspace(path, { PATH: "/nowhere" });
  expect(await exists(path)).toBe(true);
  expect(await exists(join(path, ".git"))).toBe(false);
});

it("runs none of the programs a repository may name", async () => {
  const root = await folder();
  const bin = join(root, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "git"), '#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\nexit 1\n');
  await chmod(join(bin, "git"), 0o755);
  await prepareWorkspace(join(root, "work"), { PATH: `${bin}:/usr/bin:/bin` });
  const calls = (await readFile(join(bin, "calls"), "utf8")).trim().split("\n");
  expect(calls).toHaveLength(2);
  for (const call of calls) expect(call).toContain("core.hooksPath=/dev/null");
});

it("rejects when the folder cannot be made", async () => {
  const path = join(await folder(), "file");
  await writeFile(path, "");
  await expect(prepareWorkspace(join(path, "sub"))).rejects.toThrow();
});

it("says which field is wrong when there can be no folder", async () => {
  const path = join(await folder(), "file");
  await writeFile(path, "");
  await expect(prepareWorkspace(path, process.env)).rejects.toMatchObject({
    code: "bad_request",
    detail: expect.stringContaining("workspace.working_dir: no folder can be made here"),
  });
});
