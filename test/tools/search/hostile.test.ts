import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { FileQuery, SearchLimits } from "../../../src/tools/search/file-query.ts";
import { globTool } from "../../../src/tools/search/glob-tool.ts";
import { grepTool } from "../../../src/tools/search/grep-tool.ts";
import { searchByRipgrep } from "../../../src/tools/search/ripgrep.ts";
import { searchByWalk } from "../../../src/tools/search/walk-search.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { withFiles } from "../../../src/workspace/place.ts";
import type { DirectoryEntry } from "../../../src/workspace/workspace-files.ts";
import { openLocal, temporaryDirectory } from "../../workspace/open-local.ts";
import { openedTool } from "../opened-tool.ts";

const FOREVER = new AbortController().signal;

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

function query(about: Partial<FileQuery> = {}): FileQuery {
  return { folder: directory, globs: [], text: null, skipsHiddenFolders: false, ...about };
}

function within(milliseconds: number): SearchLimits {
  return { signal: FOREVER, deadline: AbortSignal.timeout(milliseconds) };
}

/** Letters in no order, which a seed determines. */
function scrambled(length: number): string {
  let seed = 1;
  const letters = Array.from({ length }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed > 1_073_741_824 ? "a" : "b";
  });
  return letters.join("");
}

/** An expression and a text that take long together, whatever engine runs them. */
const SLOW = { pattern: "[ab]*a[ab]{900}c", text: scrambled(1_000_000) };

describe("a search without ripgrep", { timeout: 60_000 }, () => {
  it("is ended in time, and holds nobody up meanwhile", async () => {
    await writeFile(join(directory, "a.txt"), SLOW.text);
    const workspace = await openLocal({ workingDir: directory });

    let ticks = 0;
    const done = new AbortController();
    const ticking = (async () => {
      while (!done.signal.aborted) {
        await setTimeout(10);
        ticks += 1;
      }
    })();
    const found = await searchByWalk(query({ text: SLOW.pattern }), workspace, within(1_500));
    done.abort();
    await ticking;
    expect(found).toEqual({ paths: [], isCut: false, stopped: "it was stopped after 30 seconds" });
    expect(ticks).toBeGreaterThan(1);
  });

  it("is given up at once with its call", async () => {
    await writeFile(join(directory, "a.txt"), SLOW.text);
    const workspace = await openLocal({ workingDir: directory });

    const call = new AbortController();
    const searching = searchByWalk(query({ text: SLOW.pattern }), workspace, {
      signal: call.signal,
      deadline: FOREVER,
    });
    await setTimeout(300);
    call.abort(new Error("interrupted"));
    await expect(searching).rejects.toThrow("interrupted");
  });

  it("ends on a machine that has folders without end", async () => {
    const workspace = await openLocal({ workingDir: directory });
    const many = (type: DirectoryEntry["type"], count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `${type}-${index}`, type, isLink: false }));
    const { within: _confined, ...files } = workspace.files;
    const endless = (entries: DirectoryEntry[], truncated: boolean) =>
      withFiles(workspace, {
        ...files,
        list: async () => ({ entries, truncated }),
        stat: async () => ({ type: "file", size: 1, modifiedAt: 1 }),
      });

    const links = Array.from(
      { length: 50_000 },
      (_, at) => ({ name: `${at}`, type: "file", isLink: true }) as const,
    );
    const deep = await searchByWalk(query(), endless(many("directory", 1), false), within(60_000));
    expect(deep.stopped).toContain("100 folders deep");
    const wide = await searchByWalk(
      query(),
      endless([...links, ...many("directory", 1)], false),
      within(60_000),
    );
    expect(wide.stopped).toContain("250000 files and folders");
    const flat = await searchByWalk(query(), endless(many("file", 500), true), within(60_000));
    expect(flat).toMatchObject({ isCut: true, stopped: expect.stringContaining("100000 entries") });
    expect(flat.paths).toHaveLength(100);
  });

  it("ends in time on a machine that does not answer, and where no file matches", async () => {
    const workspace = await openLocal({ workingDir: directory });
    const { within: _confined, ...files } = workspace.files;
    const silent = withFiles(workspace, { ...files, list: () => new Promise(() => {}) });
    const folders = Array.from(
      { length: 1_000 },
      (_, at) => ({ name: `${at}`, type: "directory", isLink: false }) as const,
    );
    const endless = withFiles(workspace, {
      ...files,
      list: async () => ({ entries: [...folders], truncated: false }),
    });

    for (const machine of [silent, endless]) {
      const found = await searchByWalk(query({ globs: ["*.none"] }), machine, within(200));
      expect(found).toEqual({ paths: [], isCut: false, stopped: "it was stopped after 30 seconds" });
    }
  });

  it("reads files of patterns of any size and kind", async () => {
    await mkdir(join(directory, ".git"));
    const stars = `${"*a".repeat(8)}b\n${"*a".repeat(200)}*b\n`;
    await writeFile(join(directory, ".gitignore"), `${stars.repeat(500)}\0\n[\n${"x".repeat(1_000_000)}\n`);
    await writeFile(join(directory, "a".repeat(250)), "x");
    const workspace = await openLocal({ workingDir: directory });

    const found = await searchByWalk(query(), workspace, within(60_000));
    expect(found.paths).toHaveLength(1);
    expect(found.stopped).toBeUndefined();
  });

  it("says that it is not complete", async () => {
    const workspace = await openLocal({ workingDir: directory });
    const { within: _confined, ...files } = workspace.files;
    const truncated = withFiles(workspace, {
      ...files,
      list: async () => ({ entries: [{ name: "a.txt", type: "file", isLink: false }], truncated: true }),
    });
    const environment = { PATH: "/nowhere" };
    const nowhere = await openLocal({ workingDir: directory, environment });
    const glob = await openedTool(globTool, {
      host: { workspace: { ...truncated, run: (argv, options) => nowhere.run(argv, options) } },
    });

    const result = await glob.call({ pattern: "*.py" });
    expect(result).toMatchObject({ is_error: true, files: [] });
    expect(textOf(result.content)).toMatch(/not complete: .* has more than 100000 entries/);
  });
});

describe("a program that calls itself rg", { timeout: 60_000 }, () => {
  /** Puts a script before all other programs. */
  async function opened(script: string) {
    const bin = join(directory, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "rg"), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, "rg"), 0o755);
    const environment = { PATH: `${bin}:/usr/bin:/bin` };
    return { environment, workspace: await openLocal({ workingDir: directory, environment }) };
  }

  it("is not trusted when it prints no paths, when it fails, or when it cannot run", {
    timeout: 60_000,
  }, async () => {
    for (const script of ["yes", "echo unexpected argument >&2; exit 2", "exit 127"]) {
      directory = await temporaryDirectory();
      await writeFile(join(directory, "a.txt"), "needle\n");
      const { environment } = await opened(script);
      const grep = await openedTool(grepTool, { workingDir: directory, environment });

      const found = await grep.call({ pattern: "needle", include: "*.txt" });
      expect(found).toMatchObject({ is_error: false, matches: [join(directory, "a.txt")] });
    }
  });

  it("is ended when it prints too much, and its paths are looked up", async () => {
    const { workspace } = await opened("yes a.txt | tr '\\n' '\\0'");
    await writeFile(join(directory, "a.txt"), "");

    const found = await searchByRipgrep(query(), workspace, within(60_000));
    expect(found?.stopped).toContain("more than 5000 files");
    expect(found?.paths).toHaveLength(100);
  });

  it("is ended in time", async () => {
    const { workspace } = await opened("printf 'a.txt\\0'; sleep 600 & echo $! > pid; wait");
    await writeFile(join(directory, "a.txt"), "");

    const found = await searchByRipgrep(query(), workspace, within(1_000));
    expect(found).toMatchObject({ stopped: "it was stopped after 30 seconds" });
    expect(await readdir(directory)).toContain("pid");
  });

  it("has no say over its environment", async () => {
    const { workspace } = await opened('printf "%s\\n" "$@" > arguments');
    await searchByRipgrep(query({ text: "--pre=/bin/sh", globs: ["--pre=x"] }), workspace, within(60_000));

    const { readFile } = await import("node:fs/promises");
    const given = (await readFile(join(directory, "arguments"), "utf8")).split("\n");
    expect(given).toContain("--no-config");
    expect(given).toContain("--regexp=--pre=/bin/sh");
    expect(given).toContain("--glob=--pre=x");
    expect(given).not.toContain("--pre=/bin/sh");
  });
});
