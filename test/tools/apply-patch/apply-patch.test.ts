import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { SECRET_MASK } from "../../../src/secrets/masking/secret-mask.ts";
import { applyPatchTool } from "../../../src/tools/apply-patch/apply-patch-tool.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { withFiles } from "../../../src/workspace/place.ts";
import { WorkspaceError } from "../../../src/workspace/workspace-error.ts";
import type { WorkspaceFiles } from "../../../src/workspace/workspace-files.ts";
import { openLocal, temporaryDirectory } from "../../workspace/open-local.ts";
import { type OpenedTool, openedTool } from "../opened-tool.ts";
import { toolHost } from "../tool-host.ts";

let directory: string;
let dataDir: string;
let tool: OpenedTool;

beforeEach(async () => {
  directory = await temporaryDirectory();
  dataDir = await temporaryDirectory();
  tool = await openedTool(applyPatchTool, { workingDir: directory, dataDir });
});

function patchOf(...lines: string[]): { patch: string } {
  return { patch: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n") };
}

async function file(name: string, content: string | Uint8Array): Promise<void> {
  await writeFile(join(directory, name), content);
}

function read(name: string): Promise<string> {
  return readFile(join(directory, name), "utf8");
}

/** Everything in the folder, with contents. */
async function snapshot(): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [path, await readFile(path, "latin1")])),
  );
}

/** The text of a refusal, after which every file is as it was. */
async function refusal(...lines: string[]): Promise<string> {
  const before = await snapshot();
  const result = await tool.call(patchOf(...lines));
  expect(await snapshot()).toEqual(before);
  expect(result).toMatchObject({ is_error: true, message: "", fuzz: 0, commit: null });
  return textOf(result.content);
}

describe("a patch", () => {
  it("adds, updates, moves and deletes files at once", async () => {
    await file("old.txt", "one\ntwo\nthree\n");
    await file("gone.txt", "bye\n");
    await file("moved.txt", "a\nb\n");

    const result = await tool.call(
      patchOf(
        "*** Update File: old.txt",
        "@@",
        " one",
        "-two",
        "+2",
        " three",
        "*** Add File: new/deep/file.txt",
        "+hello",
        "+",
        "+world",
        "*** Delete File: gone.txt",
        "*** Update File: moved.txt",
        "*** Move to: there/moved.txt",
        "@@",
        "-a",
        "+A",
      ),
    );

    expect(result).toMatchObject({
      kind: "ApplyPatchObservation",
      is_error: false,
      message: "Done!",
      fuzz: 0,
      commit: {
        changes: {
          "old.txt": {
            type: "update",
            old_content: "one\ntwo\nthree\n",
            new_content: "one\n2\nthree\n",
            move_path: "",
          },
          "new/deep/file.txt": {
            type: "add",
            old_content: null,
            new_content: "hello\n\nworld\n",
            move_path: null,
          },
          "gone.txt": { type: "delete", old_content: "bye\n", new_content: null, move_path: null },
          "moved.txt": {
            type: "update",
            old_content: "a\nb\n",
            new_content: "A\nb\n",
            move_path: "there/moved.txt",
          },
        },
      },
    });
    expect(textOf(result.content)).toBe("Done!");
    expect(await snapshot()).toEqual({
      [join(directory, "old.txt")]: "one\n2\nthree\n",
      [join(directory, "new/deep/file.txt")]: "hello\n\nworld\n",
      [join(directory, "there/moved.txt")]: "A\nb\n",
    });
  });

  it("finds each change below the one before and below its anchor", async () => {
    await file("code.py", "class A:\n  def run():\n    pass\n\nclass B:\n  def run():\n    pass\n");

    await tool.call(
      patchOf("*** Update File: code.py", "@@ class B:", "   def run():", "-    pass", "+    go()"),
    );
    expect(await read("code.py")).toBe(
      "class A:\n  def run():\n    pass\n\nclass B:\n  def run():\n    go()\n",
    );

    await tool.call(
      patchOf("*** Update File: code.py", "@@", "-class A:", "+class C:", "@@", "-    go()", "+    stop()"),
    );
    expect(await read("code.py")).toBe(
      "class C:\n  def run():\n    pass\n\nclass B:\n  def run():\n    stop()\n",
    );
  });

  it("goes through several anchors one inside the other", async () => {
    await file(
      "code.py",
      "class A:\n  def one():\n    pass\nclass B:\n  def one():\n    pass\n  def two():\n    pass\n",
    );

    await tool.call(
      patchOf("*** Update File: code.py", "@@ class B:", "@@   def two():", "-    pass", "+    return 2"),
    );
    expect(await read("code.py")).toContain("class B:\n  def one():\n    pass\n  def two():\n    return 2\n");
  });

  it("forgives other spaces at the end of lines and around them, and says how much", async () => {
    await file("a.txt", "one  \n\ttwo\nthree\n");

    const end = await tool.call(patchOf("*** Update File: a.txt", "@@", "-one", "+1"));
    expect(end).toMatchObject({ is_error: false, fuzz: 1 });
    const around = await tool.call(patchOf("*** Update File: a.txt", "@@", "-two", "+2"));
    expect(around).toMatchObject({ is_error: false, fuzz: 100 });
    const elsewhere = await tool.call(
      patchOf("*** Update File: a.txt", "@@", "-three", "+3", "*** End of File"),
    );
    expect(elsewhere).toMatchObject({ is_error: false, fuzz: 10_000 });
    expect(await read("a.txt")).toBe("1\n2\n3\n");
  });

  it("adds lines at the beginning and at the end of a file", async () => {
    await file("a.txt", "middle\n");

    await tool.call(patchOf("*** Update File: a.txt", "@@", "+first"));
    await tool.call(patchOf("*** Update File: a.txt", "@@", "+last", "*** End of File"));
    expect(await read("a.txt")).toBe("first\nmiddle\nlast\n");
  });

  it("keeps line ends, encoding and a missing line end at the end", async () => {
    await file("crlf.txt", "one\r\ntwo\r\nthree\r\n");
    await file("latin.txt", Buffer.from("caf\xe9 au lait\nth\xe9 vert\ncr\xe8me br\xfbl\xe9e\n", "latin1"));
    await file("open.txt", "one\ntwo");

    await tool.call(patchOf("*** Update File: crlf.txt", "@@", " one", "-two", "+2", "+2b"));
    await tool.call(patchOf("*** Update File: latin.txt", "@@", "-thé vert", "+thé noir"));
    await tool.call(patchOf("*** Update File: open.txt", "@@", "-one", "+1"));

    expect(await read("crlf.txt")).toBe("one\r\n2\r\n2b\r\nthree\r\n");
    expect(await readFile(join(directory, "latin.txt"), "latin1")).toBe(
      "caf\xe9 au lait\nth\xe9 noir\ncr\xe8me br\xfbl\xe9e\n",
    );
    expect(await read("open.txt")).toBe("1\ntwo");
  });

  it("is read with line ends of Windows, and with spaces around it", async () => {
    const { patch } = patchOf("*** Add File: a.txt", "+one", "+two");

    await tool.call({ patch: `\n${patch.replaceAll("\n", "\r\n")}\r\n  ` });
    expect(await read("a.txt")).toBe("one\ntwo\n");
  });

  it("writes through a link to another file of the folder", async () => {
    await file("real.txt", "one\n");
    await symlink("real.txt", join(directory, "link.txt"));

    await tool.call(patchOf("*** Update File: link.txt", "@@", "-one", "+two"));
    expect(await read("real.txt")).toBe("two\n");
    expect(await readdir(directory)).toEqual(["link.txt", "real.txt"]);
  });

  it("takes absolute paths in the working directory", async () => {
    await tool.call(patchOf(`*** Add File: ${directory}/a.txt`, "+one"));
    expect(await read("a.txt")).toBe("one\n");
  });
});

describe("a patch that does not fit", () => {
  it("changes nothing, though other parts of it fit", async () => {
    await file("a.txt", "one\n");
    await file("b.txt", "two\n");

    const fits = ["*** Update File: a.txt", "@@", "-one", "+1", "*** Add File: c.txt", "+c"];
    expect(await refusal(...fits, "*** Update File: b.txt", "@@", "-three", "+3")).toContain("three");
    expect(await refusal(...fits, "*** Update File: missing.txt", "@@", "-x", "+y")).toContain("missing.txt");
    expect(await refusal(...fits, "*** Delete File: missing.txt")).toContain("missing.txt");
    expect(await refusal(...fits, "nonsense")).toContain("nonsense");
  });

  it("is refused with its faulty line", async () => {
    await file("a.txt", "one\n");

    expect(await refusal("*** Update File: a.txt", "@@", " one", "two")).toMatch(/line 5 .*\ntwo$/s);
    expect(await refusal("*** Add File: b.txt", "+one", "two")).toMatch(/line 4 .*\ntwo$/s);
    expect(await refusal("*** Update File: a.txt", "@@", "*** Add File: b.txt")).toContain("line 4");
    expect(await refusal("*** Delete File: a.txt", "*** Delete File: a.txt")).toContain("second section");
    expect(await refusal("*** Delete File: a.txt", "*** End Patch", "*** Delete File: a.txt")).toContain(
      "line 3",
    );
    expect(await tool.refusal({ patch: "--- a.txt\n+++ a.txt" })).toContain("*** Begin Patch");
    expect(await tool.refusal({ patch: "*** Begin Patch\n*** Delete File: a.txt" })).toContain(
      "*** End Patch",
    );
    expect(await tool.refusal({ patch: "" })).toContain("*** Begin Patch");
  });

  it("is told apart when its lines are masked", async () => {
    await file(".env", "KEY=super-secret-value\n");

    const text = await refusal("*** Update File: .env", "@@", `-KEY=${SECRET_MASK}`, "+KEY=");
    expect(text).toContain("has a secret value where you see");
  });

  it("is refused when two of its sections are about one file", async () => {
    await file("a.txt", "one\n");
    await file("b.txt", "two\n");
    await symlink("a.txt", join(directory, "link.txt"));

    expect(await refusal("*** Delete File: a.txt", "*** Update File: ./a.txt", "@@", "-one", "+1")).toContain(
      "a.txt",
    );
    expect(await refusal("*** Delete File: a.txt", "*** Delete File: link.txt")).toContain(
      "several sections",
    );
    expect(
      await refusal(
        "*** Update File: a.txt",
        "*** Move to: b.txt",
        "*** Update File: b.txt",
        "@@",
        "-two",
        "+2",
      ),
    ).toContain("several sections");
  });

  it("is refused when its changes overlap", async () => {
    await file("a.txt", "one\ntwo\n");

    const last = ["@@", " two", "-", "+three", "*** End of File"];
    expect(await refusal("*** Update File: a.txt", "@@", " one", " two", "-", "+x", ...last)).toContain(
      "overlap",
    );
  });

  it("is refused for folders and for files that are no text", async () => {
    await mkdir(join(directory, "folder"));
    await file("blob.bin", Buffer.from([127, 69, 0, 0, 0, 1]));
    execFileSync("mkfifo", [join(directory, "pipe")]);

    expect(await refusal("*** Delete File: folder")).toContain("directory");
    expect(await refusal("*** Update File: .", "@@", "-a", "+b")).toContain("directory");
    expect(await refusal("*** Add File: folder", "+x")).toContain("folder");
    expect(await refusal("*** Update File: blob.bin", "@@", "-a", "+b")).toContain("binary");
    expect(await refusal("*** Update File: pipe", "@@", "-a", "+b")).toContain("not a regular file");
    expect(await refusal("*** Add File: pipe", "+b")).toContain("no regular file");
  });
});

describe("paths of a patch", () => {
  it("do not lead out of the working directory", async () => {
    const outside = await temporaryDirectory();
    await writeFile(join(outside, "secret.txt"), "secret\n");
    await symlink(outside, join(directory, "way-out"));
    await symlink(join(outside, "secret.txt"), join(directory, "link.txt"));
    await symlink(join(outside, "new.txt"), join(directory, "nothing.txt"));
    await file("a.txt", "one\n");

    const refused = [
      [`*** Add File: ${outside}/new.txt`, "+x"],
      ["*** Add File: ../new.txt", "+x"],
      ["*** Add File: sub/../../new.txt", "+x"],
      ["*** Add File: way-out/new.txt", "+x"],
      ["*** Add File: nothing.txt", "+x"],
      ["*** Delete File: way-out/secret.txt"],
      ["*** Delete File: link.txt"],
      ["*** Update File: link.txt", "@@", "-secret", "+known"],
      ["*** Update File: a.txt", "*** Move to: way-out/a.txt", "@@", "-one", "+1"],
      [`*** Add File: ${directory}-beside/a.txt`, "+x"],
    ];
    for (const lines of refused)
      expect(await refusal(...lines)).toBe("Absolute or escaping paths are not allowed");
    for (const path of ["../a.txt", `${directory}/b.txt`, "sub/../../a.txt"])
      expect(await refusal("*** Update File: a.txt", `*** Move to: ${path}`, "@@", "-one", "+1")).toContain(
        path,
      );
    expect(await readdir(outside)).toEqual(["secret.txt"]);
  });

  it("are refused where no file can have them", async () => {
    expect(await refusal("*** Add File: a\0b", "+x")).toContain("zero character");
    expect(await refusal(`*** Add File: ${"x".repeat(300)}`, "+x")).not.toBe("");
    await file("a.txt", "one\n");
    expect(await refusal("*** Add File: a.txt/b.txt", "+x")).not.toBe("");
  });

  it("may have the names of members of objects", async () => {
    const result = await tool.call(
      patchOf("*** Add File: __proto__", "+one", "*** Add File: constructor", "+two"),
    );
    expect(result.commit).toMatchObject({ changes: { constructor: { type: "add", new_content: "two\n" } } });
    expect(await readdir(directory)).toEqual(["__proto__", "constructor"]);
  });
});

describe("a patch that fails while it is carried out", () => {
  it("leaves every file as it was", async () => {
    await file("a.txt", "one\n");
    await file("b.txt", "two\n");

    const text = await refusal(
      "*** Update File: a.txt",
      "@@",
      "-one",
      "+1",
      "*** Delete File: b.txt",
      "*** Add File: new",
      "+x",
      "*** Add File: new/below",
      "+x",
    );
    expect(text).toContain("All files are as they were");
  });

  it("names the files that it could not put back", async () => {
    await file("a.txt", "one\n");
    const workspace = await openLocal({ workingDir: directory, dataDir });
    let writes = 0;
    const { within: _confined, ...files } = workspace.files;
    const full = withFiles(workspace, {
      ...files,
      async write(path, content) {
        writes += 1;
        if (writes > 2) throw new WorkspaceError("no_space", `${path}: the disk is full`);
        return files.write(path, content);
      },
    });
    const failing = await openedTool(applyPatchTool, { host: { workspace: full } });

    const text = await failing.refusal(
      patchOf("*** Update File: a.txt", "@@", "-one", "+1", "*** Add File: b.txt", "+x"),
    );
    expect(text).toContain(`changed already and could not be put back: ${directory}/a.txt`);
  });

  it("does nothing after an abort", async () => {
    await expect(tool.call(patchOf("*** Add File: a.txt", "+x"), AbortSignal.abort())).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("a patch that the end of the server cuts short", () => {
  const SECTIONS = patchOf(
    "*** Update File: a.txt",
    "@@",
    "-one",
    "+1",
    "*** Update File: b.txt",
    "*** Move to: sub/moved.txt",
    "@@",
    "-two",
    "+2",
    "*** Delete File: c.txt",
    "*** Add File: new/d.txt",
    "+four",
  );

  /** A machine that answers this number of changes, and then no more. */
  async function mortal(lifetime: number) {
    const workspace = await openLocal({ workingDir: directory, dataDir });
    let changes = 0;
    const dying = (files: WorkspaceFiles): WorkspaceFiles => {
      const live = async <T>(change: () => Promise<T>): Promise<T> => {
        changes += 1;
        if (changes > lifetime) throw new WorkspaceError("unavailable", "The server was killed");
        return change();
      };
      return {
        ...files,
        write: (...args) => live(() => files.write(...args)),
        remove: (...args) => live(() => files.remove(...args)),
        within: (folder) => dying(files.within?.(folder) ?? files),
      };
    };
    return { workspace: withFiles(workspace, dying(workspace.files)), wasKilled: () => changes > lifetime };
  }

  it("is taken back whole when the conversation is opened again, wherever it was cut", async () => {
    await file("a.txt", "one\n");
    await file("b.txt", "two\n");
    await file("c.txt", "three\n");
    const before = await snapshot();
    let cuts = 0;
    for (let lifetime = 0; ; lifetime += 1) {
      const { workspace, wasKilled } = await mortal(lifetime);
      const cut = await openedTool(applyPatchTool, { host: { workspace } });
      const { is_error } = await cut.call(SECTIONS);
      if (!wasKilled()) break;
      cuts += 1;
      expect(is_error).toBe(true);
      await applyPatchTool.prepare?.(await toolHost({ workingDir: directory, dataDir }));
      expect(await snapshot()).toEqual(before);
    }
    expect(cuts).toBeGreaterThan(5);
    expect(await read("sub/moved.txt")).toBe("2\n");
    expect(await readdir(dataDir)).toEqual([]);
  });

  it("leaves files alone that others have changed since", async () => {
    await file("a.txt", "one\n");
    await file("b.txt", "two\n");
    await file("c.txt", "three\n");
    const { workspace } = await mortal(3);
    const cut = await openedTool(applyPatchTool, { host: { workspace } });
    await cut.call(SECTIONS);
    expect(await read("a.txt")).toBe("1\n");
    await file("a.txt", "mine\n");
    await applyPatchTool.prepare?.(await toolHost({ workingDir: directory, dataDir }));
    expect(Object.values(await snapshot()).sort()).toEqual(["mine\n", "three\n", "two\n"]);
  });

  it("does not keep the next patch from its work, whatever the note of it says", async () => {
    const note = join(dataDir, "apply_patch.journal.json");
    const outside = join(dataDir, "outside.txt");
    await writeFile(outside, "kept\n");
    const hash = createHash("sha256").update("kept\n").digest("hex");
    const patching = await openedTool(applyPatchTool, { workingDir: directory, dataDir });
    await mkdir(join(directory, "folder"));
    const foreign = [
      { path: outside, before: null, after: hash },
      { path: join(directory, "folder"), before: null, after: hash },
    ];
    for (const text of ["no json", "{}", JSON.stringify({ files: foreign })]) {
      await writeFile(note, text);
      expect(await patching.call(patchOf("*** Add File: a.txt", "+x"))).toMatchObject({ is_error: false });
    }
    expect(await readFile(outside, "utf8")).toBe("kept\n");
  });

  it("is taken back after kill -9", { timeout: 60_000 }, async () => {
    const names = Array.from({ length: 200 }, (_, index) => `${index}.txt`);
    for (const name of names) await file(name, "one\n");
    const { patch } = patchOf(
      ...names.flatMap((name) => [`*** Update File: ${name}`, "@@", "-one", `+${"long ".repeat(1_000)}`]),
    );
    await writeFile(join(dataDir, "patch"), patch);
    const script = join(import.meta.dirname, "patching.ts");
    const child = spawn(process.execPath, [script, directory, dataDir], { stdio: "ignore" });
    const ended = once(child, "exit");
    // The first of its files is changed, and many are not.
    while (child.exitCode === null && (await read("0.txt")) === "one\n") await setImmediate();
    child.kill("SIGKILL");
    await ended;
    await applyPatchTool.prepare?.(await toolHost({ workingDir: directory, dataDir }));
    // The draft of the file that was being written may be left beside them.
    const after = new Set(await Promise.all(names.map(async (name) => (await read(name)) === "one\n")));
    expect(after.size).toBe(1);
  });
});

describe("a large patch", { timeout: 60_000 }, () => {
  it("is searched in time that grows with the file alone", async () => {
    const same = "a\n".repeat(200_000);
    await file("same.txt", `${same}b\n`);

    const context = Array.from({ length: 50_000 }, () => " a");
    const result = await tool.call(patchOf("*** Update File: same.txt", "@@", ...context, "-b", "+c"));
    expect(result).toMatchObject({ is_error: false, fuzz: 0 });
    expect((await read("same.txt")).endsWith("a\nc\n")).toBe(true);
  });

  it("is refused when its changes times the lines of the file are too many", async () => {
    await file("same.txt", "a\n".repeat(200_000));

    const hunks = Array.from({ length: 200 }, () => ["@@", "-a", "+b"]).flat();
    expect(await refusal("*** Update File: same.txt", ...hunks)).toContain("too many");
  });

  it("is refused when its files are too large together", async () => {
    const names = ["a", "b", "c", "d"];
    for (const name of names) await file(name, Buffer.alloc(9_000_000, "x"));

    const text = await tool.refusal(patchOf(...names.map((name) => `*** Delete File: ${name}`)));
    expect(text).toContain("too large together");
    expect(await readdir(directory)).toEqual(names);
  });
});

it("calls about one file have turns, and those of other tools with it", async () => {
  const host = await toolHost({ workingDir: directory });
  const { patch } = patchOf("*** Update File: a.txt", "*** Move to: b.txt", "@@", "-x", "+y");
  expect(await applyPatchTool.resources?.({ patch }, host)).toEqual([
    "tool:apply_patch",
    `file:${directory}/a.txt`,
    `file:${directory}/b.txt`,
  ]);
});
