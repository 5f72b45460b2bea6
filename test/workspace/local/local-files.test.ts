import { chmod, readdir, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listFolder, localFiles } from "../../../src/workspace/local/local-files.ts";
import { temporaryDirectory } from "../open-local.ts";

it.runIf(process.platform === "linux")("reads files whose size the system does not know", async () => {
  expect((await localFiles.read("/proc/self/maps")).length).toBeGreaterThan(4096);
  await expect(localFiles.read("/proc/self/maps", { maxBytes: 100 })).rejects.toMatchObject({
    code: "too_large",
  });
});

it.runIf(process.platform === "linux")("closes a file that cannot be read on", async () => {
  const path = `/proc/${process.pid}/mem`;
  const stream = await localFiles.readStream(path);
  await expect(new Response(stream).bytes()).rejects.toThrow(path);
  const open = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  expect(open).not.toContain(path);
});

it("keeps every mode bit of a file that is written again", async () => {
  const path = join(await temporaryDirectory(), "tool");
  await writeFile(path, "");
  await chmod(path, 0o4711);

  await localFiles.write(path, "x");

  expect((await stat(path)).mode & 0o7777).toBe(0o4711);
});

it("takes names as long as the file system does", async () => {
  const directory = await temporaryDirectory();
  await localFiles.write(join(directory, "書".repeat(85)), "x");

  expect(await readdir(directory)).toEqual(["書".repeat(85)]);
  await expect(localFiles.write(join(directory, "書".repeat(86)), "x")).rejects.toMatchObject({
    code: "invalid_path",
  });
});

it("names the path and the reason in its errors", async () => {
  const directory = await temporaryDirectory();
  await expect(localFiles.read(join(directory, "a"))).rejects.toThrow(
    `${directory}/a: no such file or directory`,
  );
  await expect(localFiles.read("a")).rejects.toThrow("a: is not an absolute path");
});

it("leaves the look behind links to its caller, once for each", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "file"), "");
  await symlink("/", join(directory, "link"));
  const looked: string[] = [];
  const typeBehindLink = async (name: string) => {
    looked.push(name);
    return "other" as const;
  };
  expect((await listFolder(directory, { typeBehindLink })).entries).toEqual([
    { name: "file", type: "file", isLink: false },
    { name: "link", type: "other", isLink: true },
  ]);
  expect(looked).toEqual(["link"]);
});

it("gives a link to nothing the name that it leads to, through any number of links and no circle", async () => {
  const directory = await temporaryDirectory();
  await symlink("there/new", join(directory, "link"));
  await symlink("../elsewhere", join(directory, "there"));
  await symlink("circle", join(directory, "circle"));
  expect(await localFiles.realPath(join(directory, "link/file"))).toBe(
    join(directory, "../elsewhere/new/file"),
  );
  expect(await localFiles.realPath(join(directory, "circle/file"))).toBe(join(directory, "circle/file"));
});
