import { mkdir, readdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { isWithin } from "../../../src/workspace/place.ts";
import { confinedFiles } from "../../../src/workspace/sandbox/confined-files.ts";
import type { WorkspaceFiles } from "../../../src/workspace/workspace-files.ts";
import { openLocal, temporaryDirectory } from "../open-local.ts";

let inside: string;
let outside: string;
let shown: string;
let files: WorkspaceFiles;

beforeEach(async () => {
  const folder = await temporaryDirectory();
  [inside, outside, shown] = [join(folder, "inside"), join(folder, "outside"), join(folder, "shown")];
  for (const path of [inside, outside, shown, `${inside}-sibling`]) {
    await mkdir(path);
    await writeFile(join(path, "file"), path);
  }
  files = confinedFiles([
    { path: inside, isWritable: true },
    { path: shown, isWritable: false },
  ]);
});

const DENIED = { code: "permission_denied" };

describe.runIf(process.platform === "linux")("files of a sandbox", () => {
  it("does nothing outside of its folders, by whatever path", async () => {
    await symlink(outside, join(inside, "absolute"));
    await symlink("../outside", join(inside, "relative"));
    await symlink("absolute", join(inside, "link-to-link"));
    const paths = [outside, `${inside}/../outside`, `${inside}-sibling`, "/", `/proc/self/root${outside}`];
    for (const name of ["absolute", "relative", "link-to-link"]) paths.push(join(inside, name));
    for (const folder of paths) {
      const file = `${folder}/file`;
      await expect(files.stat(file), file).rejects.toMatchObject(DENIED);
      await expect(files.read(file)).rejects.toMatchObject(DENIED);
      await expect(files.readStream(file)).rejects.toMatchObject(DENIED);
      await expect(files.write(file, "x")).rejects.toMatchObject(DENIED);
      await expect(files.list(`${folder}/`)).rejects.toMatchObject(DENIED);
      await expect(files.makeFolder(`${folder}/new/folder`)).rejects.toMatchObject(DENIED);
      await expect(files.remove(file, { recursive: true })).rejects.toMatchObject(DENIED);
      await expect(files.move(file, join(inside, "moved"))).rejects.toMatchObject(DENIED);
      await expect(files.move(join(inside, "file"), file)).rejects.toMatchObject(DENIED);
    }
    expect(await readdir(outside)).toEqual(["file"]);
    expect(await readFile(join(outside, "file"), "utf8")).toBe(outside);
  });

  it("follows links that stay inside, also from one folder to another", async () => {
    await symlink(shown, join(inside, "link"));
    expect(new TextDecoder().decode(await files.read(join(inside, "link/file")))).toBe(shown);
    expect(await files.realPath(join(inside, "link/file"))).toBe(join(shown, "file"));
    await symlink(`${inside}/../shown/file`, join(inside, "other"));
    expect(await files.stat(join(inside, "other"))).toMatchObject({ type: "file" });
  });

  it("changes nothing in folders that are only shown, and not the folders themselves", async () => {
    const file = join(shown, "file");
    await expect(files.write(file, "x")).rejects.toMatchObject(DENIED);
    await expect(files.write(join(shown, "new/file"), "x")).rejects.toMatchObject(DENIED);
    await expect(files.makeFolder(join(shown, "new"))).rejects.toMatchObject(DENIED);
    await expect(files.remove(file)).rejects.toMatchObject(DENIED);
    await expect(files.move(file, join(inside, "moved"))).rejects.toMatchObject(DENIED);
    await expect(files.remove(inside, { recursive: true })).rejects.toMatchObject(DENIED);
    expect(await readdir(shown)).toEqual(["file"]);
  });

  it("shows no type of what a link outside leads to, and removes links instead of following them", async () => {
    await mkdir(join(inside, "folder"));
    await symlink(outside, join(inside, "folder/link"));
    const { entries } = await files.list(join(inside, "folder"));
    expect(entries).toEqual([{ name: "link", type: "other", isLink: true }]);
    await files.remove(join(inside, "folder"), { recursive: true });
    expect(await readdir(outside)).toEqual(["file"]);
    expect(await readdir(inside)).toEqual(["file"]);
  });

  it("names the caller's path in errors", async () => {
    await expect(files.read(join(inside, "missing"))).rejects.toThrow(
      `${inside}/missing: no such file or directory`,
    );
    await expect(files.read(inside)).rejects.toThrow(`${inside}: is not a regular file`);
    await expect(files.read("/etc/passwd")).rejects.toThrow(
      /outside of the sandbox, whose folders are .*inside/,
    );
  });

  it("closes what it opens", async () => {
    const count = async () => (await readdir("/proc/self/fd")).length;
    const before = await count();
    for (let turn = 0; turn < 20; turn++) {
      await files.stat(join(inside, "a/b/../c"));
      await files.read(outside).catch(() => {});
      await files.write(join(inside, "deep/er/file"), "x");
      await files.remove(join(inside, "deep"), { recursive: true });
    }
    expect(await count()).toBeLessThanOrEqual(before + 2);
  });

  it("cannot be led outside by a link that is put in between a check and the use", async () => {
    const swap = `while :; do
      mkdir -p x && echo inside >x/file; mkdir -p x/sub
      rm -rf x; ln -s ${outside} x; rm x; mkdir x; rm -rf x/file; ln -s ${outside}/file x/file; rm x/file
    done`;
    const machine = await openLocal({ workingDir: inside });
    const controller = new AbortController();
    const swapping = machine.run(["sh", "-c", swap], { signal: controller.signal, timeout: 120_000 });
    const file = join(inside, "x/file");
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const seen = { denied: 0, read: 0, naive: 0 };
    for (let turn = 0; turn < 400; turn++) {
      const results = await Promise.allSettled([
        files.read(file).then(text),
        files.write(join(inside, "x/made"), "x"),
        files.list(join(inside, "x")).then(({ entries }) => entries.map(({ name }) => name)),
        files.remove(file),
        files.remove(join(inside, "x"), { recursive: true }),
        files.makeFolder(join(inside, "x/folder")),
        files.move(join(inside, "x"), join(inside, "y")),
        checkedThenRead(inside, file),
      ]);
      const [read, , , , , , , naive] = results;
      if (read.status === "fulfilled") expect(read.value).not.toBe(outside);
      if (read.status === "fulfilled") seen.read += 1;
      else if (read.reason.code === "permission_denied") seen.denied += 1;
      if (naive.status === "fulfilled" && naive.value === outside) seen.naive += 1;
    }
    controller.abort();
    await swapping;
    expect(await readdir(outside)).toEqual(["file"]);
    expect(await readFile(join(outside, "file"), "utf8")).toBe(outside);
    // Links were met, so that the race has taken place.
    expect(seen.denied).toBeGreaterThan(0);
  });
});

/** The mistake: the path is resolved and checked, then used by its name. */
async function checkedThenRead(root: string, path: string): Promise<string> {
  if (!isWithin(root, await realpath(path))) throw new Error("outside");
  return readFile(path, "utf8");
}
