import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile as read, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { listDirectory, readFile, statFile, writeFileAtomic } from "../../../src/workspace/local/files.ts";
import { extensionOf, realPathOf } from "../../../src/workspace/paths.ts";
import { temporaryDirectory } from "../../tools/tool-host.ts";

let directory: string;

beforeEach(async () => {
  directory = realPathOf(await temporaryDirectory());
});

function at(name: string): string {
  return join(directory, name);
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("reading", () => {
  it("stops at the bound, also when the size is not known before", async () => {
    await writeFile(at("a"), "12345");

    expect(new TextDecoder().decode(await readFile(at("a"), 5))).toBe("12345");
    await expect(readFile(at("a"), 4)).rejects.toThrow("has more than 4 bytes");
    await expect(readFile("/dev/zero", 10)).rejects.toThrow("is not a regular file");
    expect((await readFile("/proc/self/maps", 1_000_000)).length).toBeGreaterThan(4096);
    await expect(readFile("/proc/self/maps", 100)).rejects.toThrow("has more than 100 bytes");
  });

  it("does not wait for a pipe", async () => {
    execFileSync("mkfifo", [at("pipe")]);

    await expect(readFile(at("pipe"), 10)).rejects.toThrow("is not a regular file");
    expect(await statFile(at("pipe"))).toMatchObject({ type: "other" });
  });

  it("tells what is there", async () => {
    await writeFile(at("a"), "123");

    expect(await statFile(at("a"))).toEqual({ type: "file", size: 3 });
    expect(await statFile(directory)).toMatchObject({ type: "directory" });
    expect(await statFile(at("b"))).toBeNull();
  });
});

describe("writing", () => {
  it("leaves the old file and nothing else when it fails", async () => {
    await mkdir(at("taken/full"), { recursive: true });

    await expect(writeFileAtomic(at("taken"), bytes("x"))).rejects.toThrow();

    expect(await readdir(directory)).toEqual(["taken"]);
  });

  it("replaces a file whole, so that an open reader keeps the old one", async () => {
    await writeFileAtomic(at("a"), bytes("old"));
    const before = (await stat(at("a"))).ino;

    await writeFileAtomic(at("a"), bytes("new"));

    expect(await read(at("a"), "utf8")).toBe("new");
    expect((await stat(at("a"))).ino).not.toBe(before);
  });

  it("keeps the mode of a file and gives new ones the mode asked for", async () => {
    await writeFileAtomic(at("new/private"), bytes("x"), 0o600);
    await writeFile(at("run"), "");
    await chmod(at("run"), 0o711);

    await writeFileAtomic(at("run"), bytes("x"));

    expect((await stat(at("new/private"))).mode & 0o777).toBe(0o600);
    expect((await stat(at("run"))).mode & 0o777).toBe(0o711);
  });

  it("follows a chain of links and gives up on a circle", async () => {
    await symlink("b", at("a"));
    await symlink(at("sub/c"), at("b"));
    await symlink("round", at("round"));

    await writeFileAtomic(at("a"), bytes("x"));

    expect(await read(at("sub/c"), "utf8")).toBe("x");
    await expect(writeFileAtomic(at("round"), bytes("x"))).rejects.toThrow("ELOOP");
  });

  it("takes names as long as the file system does", async () => {
    await writeFileAtomic(at("書".repeat(85)), bytes("x"));

    expect(await readdir(directory)).toEqual(["書".repeat(85)]);
  });
});

describe("listing", () => {
  it("is sorted, tells types behind links, and is bounded", async () => {
    await mkdir(at("dir"));
    await writeFile(at("b"), "");
    await symlink("dir", at("a"));
    await symlink("nothing", at("c"));

    expect(await listDirectory(directory, 10)).toEqual({
      entries: [
        { name: "a", type: "directory" },
        { name: "b", type: "file" },
        { name: "c", type: "other" },
        { name: "dir", type: "directory" },
      ],
      truncated: false,
    });
    expect(await listDirectory(directory, 4)).toMatchObject({ truncated: false });
    const bounded = await listDirectory(directory, 3);
    expect(bounded.truncated).toBe(true);
    expect(bounded.entries).toHaveLength(3);
  });
});

describe("paths", () => {
  it("have one name, however they are written", async () => {
    await mkdir(at("dir"));
    await symlink("dir", at("link"));

    expect(realPathOf(at("link/../link/new/file"))).toBe(at("dir/new/file"));
    expect(extensionOf("/a.b/C.PNG")).toBe(".png");
  });
});
