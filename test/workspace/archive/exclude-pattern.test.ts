import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { readExcludes } from "../../../src/workspace/archive/exclude-pattern.ts";
import { walk } from "../../../src/workspace/archive/walk.ts";
import { localFiles } from "../../../src/workspace/local/local-files.ts";
import { temporaryDirectory } from "../open-local.ts";

const run = promisify(execFile);

/** The same numbers for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

const NAMES = ["a", "b", "ab", "a.b", "build", "a*", "[a]", "é", "-", "x y", "a\\b", "]", "z"];
const PIECES = [
  "a",
  "b",
  "ab",
  "*",
  "**",
  "?",
  "[a-c]",
  "[!a]",
  "[^b]",
  "[]a]",
  "[[:alpha:]]",
  "\\*",
  "a*b",
  ".",
  "é",
  "[",
  "build",
];

describe("patterns of what is left out", () => {
  it("select what git selects by their pathspecs, whatever the pattern", async () => {
    const folder = await temporaryDirectory();
    await run("git", ["init", "--quiet", folder]);
    const random = numbers(7);
    const pick = <T>(from: readonly T[]) => from[random(from.length)] as T;
    const list = <T>(length: number, from: readonly T[]) => Array.from({ length }, () => pick(from));
    for (let count = 0; count < 150; count += 1) {
      const path = `${folder}/${list(1 + random(4), NAMES).join("/")}`;
      // A file may stand where a folder should be, and the other way round.
      await mkdir(dirname(path), { recursive: true })
        .then(() => writeFile(path, ""))
        .catch(() => {});
    }
    for (let count = 0; count < 120; count += 1) {
      const parts = Array.from({ length: 1 + random(3) }, () => list(1 + random(2), PIECES).join(""));
      const pattern = parts.filter((part) => part !== "." && part !== "..").join("/") + pick(["", "", "/"]);
      const { pathspecs } = await readExcludes([pattern]);
      const { stdout } = await run(
        "git",
        ["-C", folder, "ls-files", "-z", "--others", "--", ".", ...pathspecs],
        {
          env: { ...process.env, LC_ALL: "C" },
        },
      );
      expect(await kept(folder, [pattern]), pattern).toEqual(stdout.split("\0").filter(Boolean).sort());
    }
  });

  it.each([
    ["build/", ["build/x", "src/build/x"], ["src/build"]],
    ["*.pyc", ["a.pyc", "d/b.pyc"], ["c.py"]],
    ["secrets/prod", ["secrets/prod/key"], ["other/secrets/prod"]],
    ["/top", ["top/x"], ["d/top"]],
    ["a/**/z", ["a/z", "a/b/c/z"], ["b/a/z2"]],
    ["*/test", ["a/test/x"], ["a/b/test"]],
  ])("%s leaves out %j and keeps %j", async (pattern, out, kept) => {
    const { has } = await readExcludes([pattern]);
    const isOut = (path: string) => {
      const parts = path.split("/");
      return parts.some((_, at) => has(parts.slice(0, at + 1), at < parts.length - 1));
    };
    expect(out.filter((path) => !isOut(path))).toEqual([]);
    expect(kept.filter(isOut)).toEqual([]);
  });

  it("without a name match nothing", async () => {
    const { has, pathspecs } = await readExcludes(["", "/", "//", "[", "a[", "x\\"]);
    expect(pathspecs).toEqual([]);
    expect(["a", "[", "a[", "x\\"].filter((name) => has([name], false))).toEqual([]);
  });

  it("take linear time, however many stars they have", async () => {
    const { has } = await readExcludes([`${"*a".repeat(40)}b`, `${"**/a*/".repeat(20)}b`]);
    expect(has(["a".repeat(255)], false)).toBe(false);
    expect(
      has(
        Array.from({ length: 200 }, () => "a".repeat(20)),
        false,
      ),
    ).toBe(false);
  });
});

/** Paths of the files that a walk finds outside of `.git`. */
async function kept(folder: string, patterns: readonly string[]): Promise<string[]> {
  const excludes = await readExcludes(patterns);
  const skips = (parts: readonly string[], isDirectory: boolean) =>
    parts[0] === ".git" || excludes.has(parts, isDirectory);
  const paths: string[] = [];
  for await (const { parts, isDirectory } of walk({ files: localFiles, top: folder, skips })) {
    if (!isDirectory) paths.push(parts.join("/"));
  }
  return paths.sort();
}
