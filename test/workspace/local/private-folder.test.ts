import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PrivateFolder } from "../../../src/workspace/local/private-folder.ts";
import { temporaryDirectory } from "../open-local.ts";

const REFUSED = { code: "unavailable" };

it("makes itself and its files for this user alone, again when it is gone", async () => {
  const path = join(await temporaryDirectory(), "above", "private");
  const folder = new PrivateFolder(path);
  for (const text of ["one", "two"]) {
    await folder.write("file", text);
    expect(await readFile(join(path, "file"), "utf8")).toBe(text);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, "file"))).mode & 0o777).toBe(0o600);
    await rm(join(path, ".."), { recursive: true });
  }
});

it("writes nothing into a folder that others may write to", async () => {
  const path = join(await temporaryDirectory(), "private");
  await mkdir(path);
  await chmod(path, 0o770);
  await expect(new PrivateFolder(path).write("file", "secret")).rejects.toMatchObject(REFUSED);
  await expect(stat(join(path, "file"))).rejects.toThrow("ENOENT");
});

it.runIf(process.geteuid?.() === 0)("writes nothing into a folder of another user", async () => {
  const { chown } = await import("node:fs/promises");
  const path = join(await temporaryDirectory(), "private");
  await mkdir(path, { mode: 0o700 });
  await chown(path, 12_345, 12_345);
  await expect(new PrivateFolder(path).write("file", "secret")).rejects.toMatchObject(REFUSED);
});

it("follows no link, neither in its own place nor in that of a file", async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, "elsewhere"), { mode: 0o700 });
  await symlink(join(root, "elsewhere"), join(root, "link"));
  await expect(new PrivateFolder(join(root, "link")).write("file", "secret")).rejects.toMatchObject(REFUSED);

  await writeFile(join(root, "target"), "old");
  const folder = new PrivateFolder(join(root, "private"));
  await folder.write("other", "");
  await symlink(join(root, "target"), join(root, "private", "file"));
  await expect(folder.write("file", "secret")).rejects.toMatchObject({ code: "invalid_path" });
  expect(await readFile(join(root, "target"), "utf8")).toBe("old");
});

it("does not wait for a reader of a pipe that stands in the place of a file", async () => {
  const folder = new PrivateFolder(join(await temporaryDirectory(), "private"));
  await folder.write("other", "");
  execFileSync("mkfifo", [join(folder.path, "file")]);
  await expect(folder.write("file", "secret")).rejects.toThrow();
  await rm(join(folder.path, "file"));
  await folder.write("file", "secret");
});
