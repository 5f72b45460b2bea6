import { mkdir, realpath, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWithin, placeWithin, resolvePath } from "../../src/workspace/place.ts";
import type { WorkspaceFiles } from "../../src/workspace/workspace-files.ts";
import { openMachineServer } from "../routes/machine/machine-server.ts";
import { makeGround, relativePath, requestedPath, SECRET, tree } from "./generated-paths.ts";
import { openLocal } from "./open-local.ts";

const nothing = () => undefined;

/** The same cases every time. */
const CASES = { seed: 20_261, numRuns: 150 };

describe("any path, through any links", () => {
  it("resolves to a name below the root by which nothing outside is reached", async () => {
    const workspace = await openLocal();
    let resolved = 0;
    await fc.assert(
      fc.asyncProperty(tree, requestedPath, async (entries, requested) => {
        await using ground = await makeGround(entries);
        const { root } = ground;
        const path = ground.at(requested);
        const before = await ground.outside();
        const real = await realpath(path).catch(nothing);
        const result = await resolvePath({ workspace, root, kept: [] }, path);
        if (real !== undefined) expect(result.outcome === "resolved").toBe(isWithin(root, real));
        if (result.outcome !== "resolved") return;
        resolved += 1;
        expect(isWithin(root, result.path)).toBe(true);
        if (real !== undefined) expect(result.path).toBe(real);
        // Even by name alone, what is made there lies inside.
        await mkdir(dirname(result.path), { recursive: true }).catch(nothing);
        await writeFile(result.path, "new").catch(nothing);
        expect(await ground.outside()).toEqual(before);
      }),
      CASES,
    );
    expect(resolved).toBeGreaterThan(50);
  });

  it.runIf(process.platform === "linux")("leads no file tool of a place out of it", async () => {
    const workspace = await openLocal();
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(tree, requestedPath, requestedPath, async (entries, first, second) => {
        await using ground = await makeGround(entries);
        const { workspace: confined } = await placeWithin(workspace, ground.root);
        const before = await ground.outside();
        const told = await useAll(confined.files, ground.at(first), ground.at(second));
        reached += told.length;
        expect(told.join()).not.toContain(SECRET);
        expect(await ground.outside()).toEqual(before);
      }),
      CASES,
    );
    expect(reached).toBeGreaterThan(50);
  });

  it("shows no file outside to a request, in whatever form the path comes", async () => {
    const { folder, fetch, start } = await openMachineServer();
    const ground = join(folder, "ground");
    const at = `/api/conversations/${await start(join(ground, "inside"))}`;
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(tree, shortPath, requestedPath, encoding, async (entries, below, whole, encode) => {
        await using made = await makeGround(entries, ground);
        for (const path of [
          `/workspace/${encode(below)}`,
          `/file/download?path=${encodeURIComponent(made.at(whole))}`,
          `/git/diff?path=${encodeURIComponent(made.at(whole))}`,
        ]) {
          const response = await fetch(at + path);
          const text = await response.text();
          expect(response.status, text).toBeLessThan(500);
          expect(text).not.toContain(SECRET);
          if (text === "inside") shown += 1;
        }
      }),
      { ...CASES, numRuns: 75 },
    );
    expect(shown).toBeGreaterThan(5);
  });
});

/** Half of them lead to the file that every tree has, unless a link stands there. */
const shortPath = fc.oneof(fc.constantFrom("a", "./a", "b/../a"), relativePath);

/** Ways to write a path into an address. */
const encoding = fc.constantFrom<(path: string) => string>(
  (path) => path.split("/").map(encodeURIComponent).join("/"),
  (path) => encodeURIComponent(path),
  (path) => encodeURIComponent(path).replaceAll(".", "%2e"),
  (path) => encodeURIComponent(encodeURIComponent(path)),
  (path) => `%2F${encodeURIComponent(path)}`,
);

/** Uses every file tool on two paths and gives what they told, whatever fails. */
async function useAll(files: WorkspaceFiles, first: string, second: string): Promise<string[]> {
  const told: string[] = [];
  const attempt = async (work: Promise<string | undefined>) => {
    const text = await work.catch(nothing);
    if (text !== undefined) told.push(text);
  };
  const names = async (path: string) => (await files.list(path)).entries.map(({ name }) => name).join();
  await attempt(files.read(first).then((bytes) => new TextDecoder().decode(bytes)));
  await attempt(names(first).then((list) => list.replace("secret", SECRET)));
  await attempt(files.write(second, "new").then(() => "written"));
  await attempt(files.makeFolder(first).then(() => "made"));
  await attempt(files.move(first, second).then(() => "moved"));
  await attempt(files.move(second, first).then(() => "moved"));
  await attempt(files.read(first).then((bytes) => new TextDecoder().decode(bytes)));
  await attempt(files.remove(second, { recursive: true }).then(() => "removed"));
  return told;
}
