import { execFileSync } from "node:child_process";
import { mkdir, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { globTool } from "../../../src/tools/search/glob-tool.ts";
import { grepTool } from "../../../src/tools/search/grep-tool.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { type OpenedTool, openedTool } from "../opened-tool.ts";

/** Programs of a machine without ripgrep, and a home folder without patterns of its user. */
const WITHOUT_RIPGREP = { PATH: "/nowhere", HOME: "/nowhere" };
const WITH_RIPGREP = { PATH: process.env.PATH ?? "", HOME: "/nowhere" };

/** Whether the machine of the tests has ripgrep; where it has not, both ways are one. */
const hasRipgrep = (() => {
  try {
    return execFileSync("rg", ["--version"]).length > 0;
  } catch {
    return false;
  }
})();

let directory: string;
let age = 0;

beforeEach(async () => {
  directory = await temporaryDirectory();
  age = 0;
});

/** Writes files, each newer than the one before. */
async function files(contents: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    age += 1;
    await utimes(path, 1_700_000_000 + age, 1_700_000_000 + age);
  }
}

/** The paths of a result, from the directory on. */
function names(result: Record<string, unknown>): string[] {
  const paths = (result.matches ?? result.files) as string[];
  return paths.map((path) => path.slice(directory.length + 1));
}

interface Tools {
  grep: OpenedTool;
  glob: OpenedTool;
}

function opened(environment: Record<string, string> = WITH_RIPGREP): Promise<Tools> {
  const options = { workingDir: directory, environment };
  return Promise.all([openedTool(grepTool, options), openedTool(globTool, options)]).then(([grep, glob]) => ({
    grep,
    glob,
  }));
}

for (const way of ["by ripgrep", "by a walk"] as const) {
  describe.skipIf(way === "by ripgrep" && !hasRipgrep)(`a search ${way}`, () => {
    let grep: OpenedTool;
    let glob: OpenedTool;
    beforeEach(async () => {
      ({ grep, glob } = await opened(way === "by a walk" ? WITHOUT_RIPGREP : WITH_RIPGREP));
    });

    it("finds files by their text in any case, those that were changed last first", async () => {
      await files({ "a.ts": "one\nlogError()\n", "sub/b.ts": "LOG an error\n", "c.ts": "nothing\n" });

      const result = await grep.call({ pattern: "log.*error" });
      expect(result).toMatchObject({
        kind: "GrepObservation",
        is_error: false,
        pattern: "log.*error",
        search_path: directory,
        include_pattern: null,
        truncated: false,
        matches: [join(directory, "sub/b.ts"), join(directory, "a.ts")],
      });
      expect(textOf(result.content)).toContain(`:\n${directory}/sub/b.ts\n${directory}/a.ts`);
    });

    it("finds nothing, and says so", async () => {
      await files({ "a.ts": "one\n" });

      const nothing = await grep.call({ pattern: "two", include: "*.ts" });
      expect(nothing).toMatchObject({
        is_error: false,
        matches: [],
        truncated: false,
        include_pattern: "*.ts",
      });
      expect(textOf(nothing.content)).toMatch(/^No file .*'two'.*'\*\.ts'/);
      expect(await glob.call({ pattern: "*.py" })).toMatchObject({
        is_error: false,
        files: [],
        truncated: false,
      });
    });

    it("matches within a line, and across lines where the expression says so", async () => {
      await files({ "a.txt": "one\ntwo\n", "b.txt": "one two\n", "crlf.txt": "one\r\ntwo\r\n" });

      expect(names(await grep.call({ pattern: "one[^x]+two" }))).toEqual(["b.txt"]);
      expect(names(await grep.call({ pattern: "one\\ntwo" }))).toEqual(["a.txt"]);
      expect(names(await grep.call({ pattern: "^two$" }))).toEqual(["a.txt"]);
      expect(names(await grep.call({ pattern: "^$" }))).toEqual([]);
    });

    it("takes braces that repeat nothing as they are", async () => {
      await files({
        "a.ts": "interface Foo {\n",
        "b.ts": "aa\n",
        "c.ts": "é\n",
        "d.ts": "x{y}\n",
        "e.ts": "[{]\n",
      });

      expect(names(await grep.call({ pattern: "interface \\w+ {" }))).toEqual(["a.ts"]);
      expect(names(await grep.call({ pattern: "^a{2}$" }))).toEqual(["b.ts"]);
      expect(names(await grep.call({ pattern: "^\\p{Ll}$" }))).toEqual(["c.ts"]);
      expect(names(await grep.call({ pattern: "x{y}" }))).toEqual(["d.ts"]);
      expect(names(await grep.call({ pattern: "\\[[{]\\]" }))).toEqual(["e.ts"]);
    });

    it("refuses expressions that are not valid, and lookaround", async () => {
      await files({ "a.ts": "one\n" });

      for (const pattern of ["(one", "one(?=two)", "(o)\\1", "[z-a]", "x".repeat(5_000)]) {
        const result = await grep.call({ pattern });
        expect(result).toMatchObject({ is_error: true, matches: [], pattern, search_path: directory });
        expect(textOf(result.content)).toMatch(/^Invalid regex pattern: /);
      }
    });

    it("takes an expression and a pattern that look like options as what they are", async () => {
      await files({ "a.txt": "--files\n-e\n", "-b.txt": "one\n" });

      expect(names(await grep.call({ pattern: "--files" }))).toEqual(["a.txt"]);
      expect(names(await grep.call({ pattern: "-e" }))).toEqual(["a.txt"]);
      expect(names(await grep.call({ pattern: "one", include: "-b*" }))).toEqual(["-b.txt"]);
      expect(names(await glob.call({ pattern: "-*.txt" }))).toEqual(["-b.txt"]);
    });

    it("searches the files that a pattern of names includes", async () => {
      await files({
        "a.ts": "x",
        "b.tsx": "x",
        "c.js": "x",
        "src/d.ts": "x",
        "src/deep/e.ts": "x",
        "ab.ts": "x",
      });

      const including = async (include: string) => names(await grep.call({ pattern: "x", include }));
      expect(await including("*.{ts,tsx}")).toEqual(["ab.ts", "src/deep/e.ts", "src/d.ts", "b.tsx", "a.ts"]);
      expect(await including("src/**/*.ts")).toEqual(["src/deep/e.ts", "src/d.ts"]);
      expect(await including("./src/*.ts")).toEqual(["src/d.ts"]);
      expect(await including("[!b]?.ts")).toEqual(["ab.ts"]);
      expect(await including("!*.ts")).toEqual(["c.js", "b.tsx"]);
      expect(await including("{a,{b,c}}.{ts,{js,tsx}}")).toEqual(["c.js", "b.tsx", "a.ts"]);
      for (const include of ["*", "**", "**/*", ""]) expect(await including(include)).toHaveLength(6);
    });

    it("finds files by their names", async () => {
      await files({ "a.py": "", "src/b.py": "", "src/deep/c.py": "", "test_a.py": "", "src/data.json": "" });

      const like = async (pattern: string) => names(await glob.call({ pattern }));
      expect(await like("*.py")).toEqual(["test_a.py", "src/deep/c.py", "src/b.py", "a.py"]);
      expect(await like("**/*.py")).toEqual(["test_a.py", "src/deep/c.py", "src/b.py", "a.py"]);
      expect(await like("src/*.py")).toEqual(["src/b.py"]);
      expect(await like("src/**/*.py")).toEqual(["src/deep/c.py", "src/b.py"]);
      expect(await like("**/test_*.py")).toEqual(["test_a.py"]);
      expect(await like("**/deep/*")).toEqual(["src/deep/c.py"]);
      expect(await like("src/*.{py,json}")).toEqual(["src/data.json", "src/b.py"]);
      expect(await like("?.py")).toEqual(["src/deep/c.py", "src/b.py", "a.py"]);
      expect(await like("[a-b].py")).toEqual(["src/b.py", "a.py"]);
      expect(await like("../*.py")).toEqual([]);
      expect(await like("A.py")).toEqual([]);
    });

    it("splits an absolute pattern into a folder and a pattern", async () => {
      await files({ "src/a.ts": "", "src/deep/b.ts": "", "c.ts": "" });

      const pattern = `${directory}/src/**/*.ts`;
      const split = await glob.call({ pattern });
      expect(split).toMatchObject({ pattern, search_path: join(directory, "src") });
      expect(names(split)).toEqual(["src/deep/b.ts", "src/a.ts"]);
      expect(names(await glob.call({ pattern: `${directory}/src` }))).toEqual(["src/deep/b.ts", "src/a.ts"]);
      expect(names(await glob.call({ pattern: `${directory}/c.ts` }))).toEqual(["c.ts"]);
      expect(names(await glob.call({ pattern: `${directory}/{src,none}/*.ts` }))).toEqual(["src/a.ts"]);
    });

    it("searches another folder, and refuses what is none", async () => {
      await files({ "src/a.ts": "x", "b.ts": "x" });
      await symlink("src", join(directory, "link"));

      for (const path of [join(directory, "src"), "src", join(directory, "link"), `${directory}/src/`]) {
        expect(await grep.call({ pattern: "x", path })).toMatchObject({
          search_path: join(directory, "src"),
        });
        expect(names(await grep.call({ pattern: "x", path }))).toEqual(["src/a.ts"]);
        expect(names(await glob.call({ pattern: "*.ts", path }))).toEqual(["src/a.ts"]);
      }
      for (const path of [join(directory, "b.ts"), join(directory, "missing")]) {
        expect(await grep.call({ pattern: "x", path })).toMatchObject({ is_error: true, search_path: path });
        expect(await glob.refusal({ pattern: "*", path })).toBe(
          `Search path '${path}' is not a valid directory`,
        );
      }
    });

    it("refuses patterns of names that are not well formed", async () => {
      for (const pattern of ["[", "a[b", "{a,b", "x".repeat(2_000), "{a,b}".repeat(9)]) {
        expect(await glob.refusal({ pattern })).toMatch(/^Invalid file pattern: /);
        expect(await grep.refusal({ pattern: "x", include: pattern })).toMatch(/^Invalid file pattern: /);
      }
    });

    it("follows no link, and looks into no other thing than files", async () => {
      const outside = await temporaryDirectory();
      await writeFile(join(outside, "secret.txt"), "x");
      await files({ "a.txt": "x" });
      await symlink(outside, join(directory, "out"));
      await symlink(directory, join(directory, "circle"));
      await symlink(join(outside, "secret.txt"), join(directory, "secret.txt"));
      execFileSync("mkfifo", [join(directory, "pipe.txt")]);

      expect(names(await grep.call({ pattern: "x" }))).toEqual(["a.txt"]);
      expect(names(await glob.call({ pattern: "*.txt" }))).toEqual(["a.txt"]);
    });

    it("leaves binary files out and reads those in UTF-16", async () => {
      await files({
        "blob.txt": Buffer.from("\0\0\0needle\n"),
        "utf16.txt": Buffer.from("\uFEFFa needle\n", "utf16le"),
        "latin.txt": Buffer.from("caf\xe9 needle\n", "latin1"),
      });

      expect(names(await grep.call({ pattern: "needle" }))).toEqual(["latin.txt", "utf16.txt"]);
    });

    it("finds what stands anywhere in a large file", async () => {
      await files({ "large.txt": "no such word\n".repeat(200_000), "line.txt": "x".repeat(3_000_000) });
      await files({ "last.txt": `${"no such word\n".repeat(200_000)}needle` });
      await truncate(join(directory, "large.txt"), 13 * 150_000);

      expect(names(await grep.call({ pattern: "needle$" }))).toEqual(["last.txt"]);
      expect(names(await grep.call({ pattern: "x{100}" }))).toEqual(["line.txt"]);
    });

    it("shows the hundred files that were changed last", async () => {
      await files(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`${index}.txt`, "x"])));

      for (const result of [await grep.call({ pattern: "x" }), await glob.call({ pattern: "*.txt" })]) {
        expect(result).toMatchObject({ truncated: true, is_error: false });
        expect(names(result)).toHaveLength(100);
        expect(names(result)[0]).toBe("100.txt");
        expect(names(result)).not.toContain("0.txt");
      }
      expect(await grep.call({ pattern: "x", include: "?.txt" })).toMatchObject({ truncated: false });
      expect(await glob.call({ pattern: "{?,??}.txt" })).toMatchObject({ truncated: false });
    });

    it("shows names as they are, also with line feeds in them", async () => {
      await files({ "a\nb.txt": "x", "grün — *.txt": "x", " .txt": "x" });

      expect(names(await grep.call({ pattern: "x" }))).toEqual([" .txt", "grün — *.txt", "a\nb.txt"]);
      expect(names(await glob.call({ pattern: "gr*" }))).toEqual(["grün — *.txt"]);
    });

    it("is given up with its call", async () => {
      await files({ "a.txt": "x" });
      await expect(grep.call({ pattern: "x" }, AbortSignal.abort())).rejects.toThrow();
      await expect(glob.call({ pattern: "*" }, AbortSignal.abort())).rejects.toThrow();
    });
  });
}

describe("what is ignored", () => {
  const TREE = {
    ".gitignore":
      "*.log\n!keep.log\n/build\nnode_modules/\ndocs/*.tmp\n# no.txt\n\\#odd.txt\nspace\\ \n**/gen/**\n",
    ".ignore": "private.txt\n!public.log\n",
    "a.txt": "x",
    "no.txt": "x",
    "#odd.txt": "x",
    "space ": "x",
    "a.log": "x",
    "keep.log": "x",
    "public.log": "x",
    "private.txt": "x",
    "build/a.txt": "x",
    "sub/build/a.txt": "x",
    "node_modules/m/index.js": "x",
    "sub/node_modules/m.js": "x",
    "file/node_modules": "x",
    "docs/a.tmp": "x",
    "docs/deep/b.tmp": "x",
    "sub/.gitignore": "!a.log\nmine.txt\n/only-here.txt\n",
    "sub/a.log": "x",
    "sub/mine.txt": "x",
    "sub/deep/mine.txt": "x",
    "sub/only-here.txt": "x",
    "sub/deep/only-here.txt": "x",
    "sub/gen/a.txt": "x",
    "sub/gen/deep/a.txt": "x",
    ".hidden/a.txt": "x",
    ".env": "x",
    "sub/.env": "x",
    ".rgignore": "rg-only.txt\n",
    "rg-only.txt": "x",
    "nested/.git/HEAD": "x",
    "nested/a.log": "x",
    "nested/.gitignore": "b.txt\n",
    "nested/b.txt": "x",
    "excluded.txt": "x",
  };

  const REPOSITORY = { ".git/HEAD": "ref: refs/heads/main\n", ".git/info/exclude": "excluded.txt\n" };

  it("is what .gitignore says, in a repository", async () => {
    await files({ ...TREE, ...REPOSITORY });
    const { grep } = await opened(WITHOUT_RIPGREP);

    expect(names(await grep.call({ pattern: "x" })).sort()).toEqual([
      "a.txt",
      "docs/deep/b.tmp",
      "file/node_modules",
      "keep.log",
      "nested/a.log",
      "no.txt",
      "public.log",
      "sub/a.log",
      "sub/build/a.txt",
      "sub/deep/only-here.txt",
    ]);
  });

  it("does not depend on .gitignore out of a repository", async () => {
    await files(TREE);
    const { grep } = await opened(WITHOUT_RIPGREP);

    const found = names(await grep.call({ pattern: "x" }));
    expect(found).toContain("a.log");
    expect(found).not.toContain("private.txt");
    expect(found).not.toContain(".env");
  });

  it("is found when a pattern names it, but no folder is entered that is left out", async () => {
    await files({ ...TREE, ...REPOSITORY });
    const { grep, glob } = await opened(WITHOUT_RIPGREP);

    expect(names(await glob.call({ pattern: "*.log" })).sort()).toEqual([
      "a.log",
      "keep.log",
      "nested/a.log",
      "public.log",
      "sub/a.log",
    ]);
    expect(names(await glob.call({ pattern: "**/*.js" }))).toEqual([]);
    expect(names(await glob.call({ pattern: "node_modules/**" }))).toEqual([]);
    expect(names(await glob.call({ pattern: ".env" })).sort()).toEqual([".env", "sub/.env"]);
    expect(names(await grep.call({ pattern: "x", include: ".env" })).sort()).toEqual([".env", "sub/.env"]);
    expect(names(await glob.call({ pattern: "**/*" }))).not.toContain(".env");
    expect(names(await glob.call({ pattern: "*.*" })).filter((name) => name.includes(".git/"))).toEqual([]);
  });

  it("is what folders above the searched one say, too", async () => {
    await files({ ...TREE, ...REPOSITORY });
    const { grep } = await opened(WITHOUT_RIPGREP);

    expect(names(await grep.call({ pattern: "x", path: "docs" }))).toEqual(["docs/deep/b.tmp"]);
    expect(names(await grep.call({ pattern: "x", path: "sub/deep" }))).toEqual(["sub/deep/only-here.txt"]);
  });

  it("is what the user has git ignore everywhere, in a repository alone", { timeout: 60_000 }, async () => {
    const home = await temporaryDirectory();
    const config = async (name: string, text: string) => {
      await mkdir(dirname(join(home, name)), { recursive: true });
      await writeFile(join(home, name), text);
    };
    const found = async (path: string | null = null) => {
      const ours = await opened({ ...WITHOUT_RIPGREP, HOME: home });
      const paths = names(await ours.grep.call({ pattern: "x", path })).sort();
      if (!hasRipgrep) return paths;
      const theirs = await opened({ ...WITH_RIPGREP, HOME: home });
      expect(names(await theirs.grep.call({ pattern: "x", path })).sort()).toEqual(paths);
      return paths;
    };
    await files({
      "repo/.git/HEAD": "x",
      "repo/.gitignore": "!kept.log\n",
      "repo/a.log": "x",
      "repo/kept.log": "x",
      "repo/build/b.txt": "x",
      "repo/sub/build/c.txt": "x",
      "plain/d.log": "x",
    });
    const everywhere = ["repo/build/b.txt", "repo/kept.log", "repo/sub/build/c.txt"];
    await config(".config/git/ignore", "*.log\n/build\n");
    expect(await found()).toEqual(["plain/d.log", ...everywhere]);
    expect(await found("repo")).toEqual(["repo/kept.log", "repo/sub/build/c.txt"]);
    expect(await found("repo/sub")).toEqual([]);
    await config(".config/git/config", "[core]\n\texcludesFile = ~/mine\n");
    await config("mine", "*.txt\n");
    expect(await found()).toEqual(["plain/d.log", "repo/a.log", "repo/kept.log"]);
    await config(".gitconfig", `[core]\n  excludesfile=${join(home, "none")}\n`);
    expect(await found("repo")).toHaveLength(4);
  });

  it("may be named in quotes by the user", async () => {
    const home = await temporaryDirectory();
    await writeFile(join(home, ".gitconfig"), '[core]\n\texcludesFile = "~/mine"\n');
    await writeFile(join(home, "mine"), "*.log\n");
    await files({ ".git/HEAD": "x", "a.log": "x", "b.txt": "x" });
    const { grep } = await opened({ ...WITHOUT_RIPGREP, HOME: home });
    expect(names(await grep.call({ pattern: "x" }))).toEqual(["b.txt"]);
  });

  it.skipIf(!hasRipgrep)("is the same with and without ripgrep", { timeout: 60_000 }, async () => {
    await files({ ...TREE, ...REPOSITORY });
    const ours = await opened(WITHOUT_RIPGREP);
    const theirs = await opened();

    const globs = [
      "*.log",
      "**/*.txt",
      "sub/**",
      "**/*",
      "!*.txt",
      "*.*",
      ".*",
      "*/a.txt",
      "sub/*/*.txt",
      "**/deep/**",
    ];
    globs.push(
      ".git/**",
      "node_modules/",
      "**/build/*",
      "{sub,docs}/**/*.{txt,tmp}",
      "**/.gitignore",
      "[a-n]*",
      "?*.log",
    );
    for (const pattern of globs) {
      const args = { pattern };
      expect({ ...args, files: names(await ours.glob.call(args)) }).toEqual({
        ...args,
        files: names(await theirs.glob.call(args)),
      });
    }
    const greps = [null, ".*", "sub/**", "!a.*"];
    for (const include of greps) {
      for (const path of [null, "nested", ".hidden"]) {
        const args = { pattern: "x", include, path };
        expect({ ...args, files: names(await ours.grep.call(args)) }).toEqual({
          ...args,
          files: names(await theirs.grep.call(args)),
        });
      }
    }
  });
});
