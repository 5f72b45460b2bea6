import { mkdir, symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isWithin, type Place, resolvePath } from "../../src/workspace/place.ts";
import { openLocal, temporaryDirectory } from "./open-local.ts";

/** A place whose root is `<folder>/inside`, beside `<folder>/inside-too`. */
async function jailed(): Promise<{ folder: string; place: Place }> {
  const folder = await temporaryDirectory();
  await mkdir(`${folder}/inside`);
  await mkdir(`${folder}/inside-too`);
  return { folder, place: { workspace: await openLocal(), root: `${folder}/inside`, kept: [] } };
}

describe("the path of a request", () => {
  it("must be absolute", async () => {
    const { place } = await jailed();
    expect(await resolvePath(place, "inside/file")).toEqual({ outcome: "relative" });
    expect(await resolvePath(place, "")).toEqual({ outcome: "relative" });
  });

  it("may name the root and what lies below it, whether it exists or not", async () => {
    const { folder, place } = await jailed();
    for (const path of [`${folder}/inside`, `${folder}/inside/a/b.txt`]) {
      expect(await resolvePath(place, path)).toEqual({ outcome: "resolved", path });
    }
  });

  it("does not leave the root by dots, a sibling with a longer name, or a link", async () => {
    const { folder, place } = await jailed();
    await symlink("/etc", `${folder}/inside/link`);
    for (const path of ["inside/../secret", "inside-too", "inside/link/passwd", "inside/link/new-file"]) {
      expect(await resolvePath(place, `${folder}/${path}`), path).toEqual({ outcome: "outside" });
    }
  });

  it("may lead through a link that stays in the root, and through a root that is a link", async () => {
    const { folder, place } = await jailed();
    await symlink(`${folder}/inside`, `${folder}/inside/self`);
    await symlink(`${folder}/inside`, `${folder}/alias`);
    const expected = { outcome: "resolved", path: `${folder}/inside/file` };
    expect(await resolvePath(place, `${folder}/inside/self/file`)).toEqual(expected);
    expect(await resolvePath({ ...place, root: `${folder}/alias` }, `${folder}/inside/file`)).toEqual(
      expected,
    );
  });

  it("may be any absolute path where there is no root", async () => {
    const { place } = await jailed();
    expect(await resolvePath({ ...place, root: null }, "/etc/../etc")).toEqual({
      outcome: "resolved",
      path: "/etc",
    });
  });

  it("with a zero character is no path at all", async () => {
    const { folder, place } = await jailed();
    await expect(resolvePath(place, `${folder}/inside/a\0b`)).rejects.toMatchObject({ code: "invalid_path" });
  });
});

it("every path lies in the root folder of the machine", () => {
  expect(isWithin("/", "/etc")).toBe(true);
  expect(isWithin("/a", "/ab")).toBe(false);
});
