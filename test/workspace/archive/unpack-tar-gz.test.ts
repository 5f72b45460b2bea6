import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { unpackTarGz } from "../../../src/workspace/archive/unpack-tar-gz.ts";
import { archiveOf } from "../../routes/apps/app-sources.ts";
import { openLocal, temporaryDirectory } from "../open-local.ts";

async function unpack(archive: Uint8Array, more: object = {}) {
  const folder = await temporaryDirectory();
  const { files } = await openLocal({ workingDir: folder });
  async function* source() {
    for (let at = 0; at < archive.length; at += 4096) yield archive.subarray(at, at + 4096);
  }
  const options = {
    files,
    folder,
    source: source(),
    strip: 0,
    maxBytes: 1_000_000,
    maxEntries: 100,
    ...more,
  };
  const outcome = await unpackTarGz(options).then(
    () => "unpacked",
    (error: { code?: string }) => error.code,
  );
  return { folder, outcome };
}

it("an archive is unpacked with folders and read-only files, without leading parts of paths", async () => {
  const archive = await archiveOf([
    { name: "top/", type: "directory" },
    { name: "./top//a/run", text: "run", mode: 0o755 },
    { name: "top/b.txt", text: "text", mode: 0o600 },
    { name: `top/${"long/".repeat(40)}c`, text: "deep" },
    { name: "loose", text: "left out" },
  ]);
  const { folder, outcome } = await unpack(archive, { strip: 1 });
  expect(outcome).toBe("unpacked");
  expect(readFileSync(join(folder, "a/run"), "utf8")).toBe("run");
  expect(statSync(join(folder, "a/run")).mode & 0o777).toBe(0o555);
  expect(statSync(join(folder, "b.txt")).mode & 0o777).toBe(0o400);
  expect(readFileSync(join(folder, "long/".repeat(40), "c"), "utf8")).toBe("deep");
  expect(existsSync(join(folder, "loose"))).toBe(false);
});

it("an archive that is larger than it may be is not unpacked, whatever its headers say", async () => {
  const bomb = await archiveOf([{ name: "zeros", text: "\0".repeat(5_000_000) }]);
  expect(bomb.length).toBeLessThan(20_000);
  expect((await unpack(bomb)).outcome).toBe("too_large");
  const parts = [1, 2, 3].map((part) => ({ name: `zeros${part}`, text: "\0".repeat(900_000) }));
  expect((await unpack(await archiveOf(parts), { maxEntries: 10 })).outcome).toBe("too_large");
  const many = Array.from({ length: 101 }, (_, at) => ({ name: `${at}`, text: "x" }));
  expect((await unpack(await archiveOf(many))).outcome).toBe("too_large");
  const deep = await archiveOf([{ name: "a/".repeat(70), text: "" }]);
  expect((await unpack(deep)).outcome).toBe("unsafe");
});

it("an archive of which nothing is left is empty", async () => {
  expect((await unpack(await archiveOf([{ name: "a/b", text: "x" }]), { strip: 2 })).outcome).toBe("empty");
  expect((await unpack(await archiveOf([]))).outcome).toBe("empty");
});
