import { chmod, mkdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Environment } from "../../src/workspace/local/child-environment.ts";
import { prepareWorkspace } from "../../src/workspace/prepare-workspace.ts";
import { openLocal, temporaryDirectory } from "./open-local.ts";

async function prepare(workingDir: string, environment: Environment = process.env): Promise<void> {
  // A repository around the folder for temporary files is none of these tests.
  const commandEnvironment = { GIT_CEILING_DIRECTORIES: await realpath(tmpdir()) };
  await prepareWorkspace(await openLocal({ workingDir, environment, commandEnvironment }));
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

it("makes the folder and its parents, and a git repository of it", async () => {
  const path = join(await temporaryDirectory(), "a", "b c");
  await prepare(path);
  expect(await exists(join(path, ".git", "HEAD"))).toBe(true);
});

it("leaves a folder inside a repository as it is", async () => {
  const path = await temporaryDirectory();
  await prepare(path);
  const head = await readFile(join(path, ".git", "HEAD"), "utf8");
  await prepare(join(path, "sub"));
  await prepare(path);
  expect(await exists(join(path, "sub", ".git"))).toBe(false);
  expect(await readFile(join(path, ".git", "HEAD"), "utf8")).toBe(head);
});

it("makes no repository in a folder that others share", async () => {
  const root = await temporaryDirectory();
  const environment = {
    PATH: process.env.PATH,
    HOME: join(root, "users/me"),
    TMPDIR: join(root, "temporary"),
  };
  const shared = ["users/me", "users", "temporary", "."].map((name) => join(root, name));
  await symlink(join(root, "users"), join(root, "link"));
  for (const path of [...shared, join(root, "link")]) {
    await prepare(path, environment);
    expect(await exists(join(path, ".git"))).toBe(false);
  }
  await prepare(join(root, "users/me/project"), environment);
  expect(await exists(join(root, "users/me/project/.git"))).toBe(true);
});

it("makes no repository around others", async () => {
  const root = await temporaryDirectory();
  await prepare(join(root, "projects/group/one"));
  await prepare(join(root, "projects"));
  expect(await exists(join(root, "projects/.git"))).toBe(false);
  await prepare(join(root, "projects/group/two"));
  expect(await exists(join(root, "projects/group/two/.git"))).toBe(true);
});

it("does not count repositories of installed packages and behind links", async () => {
  const root = await temporaryDirectory();
  await prepare(join(root, "elsewhere"));
  await prepare(join(root, "project"));
  await rm(join(root, "project/.git"), { recursive: true });
  await mkdir(join(root, "project/node_modules/package/.git"), { recursive: true });
  await symlink(join(root, "elsewhere"), join(root, "project/link"));
  await prepare(join(root, "project"));
  expect(await exists(join(root, "project/.git"))).toBe(true);
});

it("leaves a plain folder without git", async () => {
  const path = join(await temporaryDirectory(), "plain");
  await prepare(path, { PATH: "/nowhere" });
  expect(await exists(path)).toBe(true);
  expect(await exists(join(path, ".git"))).toBe(false);
});

it("runs none of the programs a repository may name", async () => {
  const root = await temporaryDirectory();
  const bin = join(root, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "git"), '#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\nexit 1\n');
  await chmod(join(bin, "git"), 0o755);
  await prepare(join(root, "work"), { PATH: `${bin}:/usr/bin:/bin` });
  const calls = (await readFile(join(bin, "calls"), "utf8")).trim().split("\n");
  expect(calls).toHaveLength(2);
  for (const call of calls) expect(call).toContain("core.hooksPath=/dev/null");
});

it("rejects when the folder cannot be made", async () => {
  const path = join(await temporaryDirectory(), "file");
  await writeFile(path, "");
  await expect(prepare(join(path, "sub"))).rejects.toThrow();
});

it("says which field is wrong when there can be no folder", async () => {
  const path = join(await temporaryDirectory(), "file");
  await writeFile(path, "");
  await expect(prepare(path)).rejects.toMatchObject({
    code: "bad_request",
    detail: expect.stringContaining("workspace.working_dir: no folder can be made here"),
  });
});
