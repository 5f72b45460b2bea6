import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ownSecretKey } from "../../src/cli/own-secret-key.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "agent-server-key-")), "conversations");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

it("is made once, and is the same from then on", async () => {
  const keys = await Promise.all([
    ownSecretKey(folder).catch(() => ""),
    ownSecretKey(folder).catch(() => ""),
  ]);
  const kept = await ownSecretKey(folder);
  expect(kept).toMatch(/^[\w-]{43}$/);
  expect(keys.filter((key) => key !== "" && key !== kept)).toEqual([]);
  expect(await readFile(join(folder, "secret-key"), "utf8")).toBe(kept);
});

it("can be read by its user only", async () => {
  await ownSecretKey(folder);
  expect((await stat(join(folder, "secret-key"))).mode & 0o077).toBe(0);
});

it("is not replaced where its file is empty: the error names the file", async () => {
  await ownSecretKey(folder);
  await writeFile(join(folder, "secret-key"), "");
  await expect(ownSecretKey(folder)).rejects.toThrow(/secret-key is empty/);
});
