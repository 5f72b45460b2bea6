import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { fileEditorTool } from "../../../src/tools/file-editor/file-editor-tool.ts";
import { OpenTool } from "../../../src/tools/toolbox/open-tool.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { fileEditorObservation } from "../../../src/wire/events/observations.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { callContext, toolHost } from "../tool-host.ts";

let directory: string;
let tool: OpenTool;

beforeEach(async () => {
  directory = await temporaryDirectory();
  tool = new OpenTool(fileEditorTool, await toolHost({ workingDir: directory }));
});

/** Runs a command on a path below the directory; absolute paths are taken as they are. */
async function edit(command: string, name: string, args: object = {}) {
  const parsed = tool.parse({ command, path: at(name), ...args });
  if ("error" in parsed) throw new Error(parsed.error);
  return fileEditorObservation.parse(await tool.run(parsed.input, callContext()));
}

function at(name: string): string {
  return name.startsWith("/") ? name : join(directory, name);
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

/** The text of a refusal. */
async function refusal(command: string, name: string, args: object = {}): Promise<string> {
  const observation = await edit(command, name, args);
  expect(observation).toMatchObject({ is_error: true, path: null, prev_exist: true, old_content: null });
  return textOf(observation.content);
}

function numbered(first: number, ...lines: string[]): string {
  return lines.map((line, index) => `${String(first + index).padStart(6)}\t${line}`).join("\n");
}

describe("view", () => {
  it("shows a file with line numbers", async () => {
    const path = await file("a.txt", "one\ntwo\n\nfour\n");

    expect(await edit("view", "a.txt")).toEqual({
      content: [
        {
          cache_prompt: false,
          type: "text",
          text: `Here's the result of running \`cat -n\` on ${path}:\n${numbered(1, "one", "two", "", "four")}\n`,
        },
      ],
      is_error: false,
      command: "view",
      path,
      prev_exist: true,
      old_content: null,
      new_content: null,
      kind: "FileEditorObservation",
    });
  });

  it("shows a range of lines, -1 meaning the last", async () => {
    await file("a.txt", "one\ntwo\nthree\nfour");

    expect(textOf((await edit("view", "a.txt", { view_range: [2, 3] })).content)).toContain(
      numbered(2, "two", "three"),
    );
    expect(textOf((await edit("view", "a.txt", { view_range: [3, -1] })).content)).toContain(
      numbered(3, "three", "four"),
    );
    expect(textOf((await edit("view", "a.txt", { view_range: [4, 9] })).content)).toMatch(
      /^NOTE: We only show up to 4.*\n.*\n {5}4\tfour\n$/,
    );
  });

  it("refuses ranges that are none", async () => {
    await file("a.txt", "one\ntwo\n");

    for (const [range, hint] of [
      [[0, 1], "within the range of lines of the file: [1, 2]"],
      [[3, 3], "within the range of lines of the file: [1, 2]"],
      [[2, 1], "not less than the first"],
      [[1], "list of two integers"],
      [[1, 2, 3], "list of two integers"],
    ] as const) {
      const text = await refusal("view", "a.txt", { view_range: range });
      expect(text).toContain(`Invalid \`view_range\` parameter: [${range.join(", ")}].`);
      expect(text).toContain(hint);
    }
    expect(await refusal("view", ".", { view_range: [1, 2] })).toContain("A directory has no lines");
  });

  it("cuts a long file in the middle, keeps the numbers right and says what is missing", async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index + 1} of many`);
    await file("long.txt", lines.join("\n"));

    const shown = textOf((await edit("view", "long.txt")).content);

    expect(shown.length).toBeLessThan(16_500);
    expect(shown).toContain("     1\tline 1 of many");
    expect(shown).toContain("  5000\tline 5000 of many");
    const [, from, to] = /lines (\d+) to (\d+) are left out/.exec(shown) ?? [];
    expect(shown).toContain(`line ${Number(from) - 1} of many\n`);
    expect(shown).toContain(`\tline ${Number(to) + 1} of many\n`);
    expect(shown).not.toContain(`\tline ${from} of many\n`);
  });

  it("cuts a line of endless length", async () => {
    await file("min.js", `a\n${"x".repeat(100_000)}\nb`);

    const shown = textOf((await edit("view", "min.js")).content);

    expect(shown.length).toBeLessThan(16_500);
    expect(shown).toContain("characters in this line]");
    expect(shown).toContain("     3\tb");
  });

  it("shows an empty file as the heading alone", async () => {
    await file("empty.txt", "");

    const { content } = await edit("view", "empty.txt");
    expect(textOf(content)).toBe(`Here's the result of running \`cat -n\` on ${at("empty.txt")}:\n`);
  });

  it("lists a directory two levels deep without hidden entries", async () => {
    await mkdir(at("src/deep/deeper"), { recursive: true });
    await mkdir(at(".git"));
    await file("src/main.ts", "");
    await file("src/.secret", "");
    await file("src/deep/lost.ts", "");
    await file(".env", "");
    await file("README.md", "");

    const shown = textOf((await edit("view", ".")).content);

    const listed = ["", "README.md", "src/", "src/deep/", "src/main.ts"].map(
      (name) => `${directory}/${name}`,
    );
    expect(shown.split("\n").slice(1, 6)).toEqual(listed);
    expect(shown).toContain("2 hidden files/directories");
    expect(shown).not.toContain("lost.ts");
  });

  it("bounds the listing of a large directory", async () => {
    await mkdir(at("many"));
    await Promise.all(Array.from({ length: 1500 }, (_, index) => file(`many/file-number-${index}`, "")));

    const shown = textOf((await edit("view", "many")).content);

    expect(shown.length).toBeLessThan(16_500);
    expect(shown).toMatch(/\d+ entries are left out/);
  });

  it("shows an image as an image", async () => {
    const bytes = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]);
    await file("dot.PNG", bytes);

    expect((await edit("view", "dot.PNG")).content[1]).toEqual({
      cache_prompt: false,
      type: "image",
      image_urls: [`data:image/png;base64,${Buffer.from(bytes).toString("base64")}`],
    });
  });

  it("refuses what is not text: binary data, large files, pipes", async () => {
    const binary = await file("a.bin", Uint8Array.from([1, 0, 2]));
    await file("big.txt", "x".repeat(10 * 1024 * 1024 + 1));
    await file(
      "compressed",
      Uint8Array.from({ length: 4000 }, (_, index) => 1 + ((index * 37) % 255)),
    );
    execFileSync("mkfifo", [at("pipe")]);

    expect(await refusal("view", "a.bin")).toMatch(
      `File validation failed for ${binary}: It is a binary file`,
    );
    expect(await refusal("view", "big.txt")).toContain("It has 10.0 MB; at most 10 MB");
    expect(await refusal("view", "compressed")).toContain("binary");
    expect(await refusal("view", "pipe")).toContain("It is not a regular file");
  });
});

describe("paths", () => {
  it("must be absolute; a relative one that exists is suggested", async () => {
    await file("a.txt", "");

    expect(await refusal("view", "/nowhere/at/all")).toContain("does not exist");
    for (const [path, suggestion] of [
      ["a.txt", ` Maybe you meant ${at("a.txt")}?`],
      ["b.txt", ""],
    ]) {
      const parsed = tool.parse({ command: "view", path });
      if ("error" in parsed) throw new Error(parsed.error);
      const observation = await tool.run(parsed.input, callContext());
      expect(observation.content).toMatchObject([
        { text: `Invalid \`path\` parameter: ${path}. The path should be an absolute path.${suggestion}` },
      ]);
    }
  });

  it("of directories are for view only, and a zero character is refused", async () => {
    expect(await refusal("str_replace", ".", { old_str: "a", new_str: "b" })).toContain(
      "only `view` takes directories",
    );
    expect(await refusal("create", "a\0b", { file_text: "" })).toContain("zero character");
  });

  it("of one file are one resource, through links too", async () => {
    const real = await file("real.txt", "");
    await symlink(real, at("link.txt"));

    const resources = (name: string) => tool.resources({ command: "view", path: at(name) });
    expect(await resources("link.txt")).toEqual(await resources("./x/../real.txt"));
    expect((await resources("new/dir/file.txt"))[0]).toMatch(/^file:\/.*\/new\/dir\/file.txt$/);
  });
});

describe("create", () => {
  it("writes the file and makes its parents", async () => {
    const observation = await edit("create", "new/deep/a.txt", { file_text: "hi\r\n" });

    expect(observation).toMatchObject({
      is_error: false,
      path: at("new/deep/a.txt"),
      prev_exist: false,
      old_content: null,
      new_content: "hi\r\n",
    });
    expect(textOf(observation.content)).toBe(`File created successfully at: ${at("new/deep/a.txt")}`);
    expect(await readFile(at("new/deep/a.txt"), "utf8")).toBe("hi\r\n");
    expect(await readdir(at("new/deep"))).toEqual(["a.txt"]);
  });

  it("does not overwrite, needs a text and says why it cannot write", async () => {
    await file("a.txt", "old");

    expect(await refusal("create", "a.txt", { file_text: "new" })).toContain("does not overwrite");
    expect(await refusal("create", "b.txt")).toBe("Parameter `file_text` is required for command: create.");
    expect(await refusal("create", "a.txt/b.txt", { file_text: "" })).toContain(
      "a part of the path is not a directory",
    );
    expect(await readFile(at("a.txt"), "utf8")).toBe("old");
  });

  it("makes the file that a dangling link points to", async () => {
    await symlink("target.txt", at("link.txt"));

    await edit("create", "link.txt", { file_text: "hi" });

    expect(await readFile(at("target.txt"), "utf8")).toBe("hi");
    expect((await lstat(at("link.txt"))).isSymbolicLink()).toBe(true);
  });
});

describe("str_replace", () => {
  it("replaces the one passage and shows it with its surroundings", async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
    const path = await file("a.txt", `${lines.join("\n")}\n`);

    const observation = await edit("str_replace", "a.txt", {
      old_str: "line 10\n",
      new_str: "ten\nten and a half\n",
    });

    expect(await readFile(path, "utf8")).toContain("line 9\nten\nten and a half\nline 11\n");
    expect(observation).toMatchObject({
      is_error: false,
      prev_exist: true,
      old_content: `${lines.join("\n")}\n`,
    });
    expect(observation.new_content).toBe(await readFile(path, "utf8"));
    const around = [
      "line 6",
      "line 7",
      "line 8",
      "line 9",
      "ten",
      "ten and a half",
      "line 11",
      "line 12",
      "line 13",
    ];
    expect(textOf(observation.content)).toContain(`\n${numbered(6, ...around, "line 14")}\n`);
  });

  it("takes the text as it is, without patterns", async () => {
    await file("a.txt", "cost: $1 (a.b)");

    await edit("str_replace", "a.txt", { old_str: "$1 (a.b)", new_str: "$& $1" });

    expect(await readFile(at("a.txt"), "utf8")).toBe("cost: $& $1");
  });

  it("finds a passage with too much space around it, and keeps the space of the new text", async () => {
    await file("a.txt", "one\ntwo\n");

    await edit("str_replace", "a.txt", { old_str: "\n\n two\n\n", new_str: "  deux" });

    expect(await readFile(at("a.txt"), "utf8")).toBe("one\n  deux\n");
  });

  it("needs both texts, and they must differ", async () => {
    await file("a.txt", "one");
    const replace = (args: object) => refusal("str_replace", "a.txt", args);

    expect(await replace({ new_str: "" })).toBe("Parameter `old_str` is required for command: str_replace.");
    expect(await replace({ old_str: "one" })).toBe(
      "Parameter `new_str` is required for command: str_replace.",
    );
    expect(await replace({ old_str: "one", new_str: "one" })).toContain("must be different");
    expect(await replace({ old_str: "", new_str: "x" })).toContain("must not be empty");
  });

  it("names the lines when the passage is there more than once", async () => {
    await file("a.txt", "x\ny\nx\n");

    expect(await refusal("str_replace", "a.txt", { old_str: "x", new_str: "z" })).toContain(
      "Multiple occurrences of old_str `x` in lines [1, 3]",
    );
  });

  it("helps with a miss", async () => {
    await file("a.txt", "function a() {\n\treturn 1;\n}\n");
    const miss = (old_str: string) => refusal("str_replace", "a.txt", { old_str, new_str: "" });

    expect(await miss("nothing like it")).toContain(`did not appear verbatim in ${at("a.txt")}`);
    expect(await miss("function a() {\n    return 1;\n}")).toContain(
      `differ from it only in spaces:\n${numbered(1, "function a() {", "\treturn 1;", "}")}`,
    );
    expect(await miss("     2\t\treturn 1;")).toContain("leave out the number");
    expect(await miss("key = <secret-hidden>")).toContain("choose a passage without it");
    expect(await miss("function a() {\n  return 2;\n}")).toContain(
      "Its first line is there, what follows differs",
    );
  });
});

describe("insert", () => {
  it("adds lines at the start, in between and at the end", async () => {
    const path = await file("a.txt", "one\ntwo");

    expect(textOf((await edit("insert", "a.txt", { insert_line: 0, new_str: "zero" })).content)).toContain(
      numbered(1, "zero", "one"),
    );
    await edit("insert", "a.txt", { insert_line: 2, new_str: "one and a half\n" });
    await edit("insert", "a.txt", { insert_line: 4, new_str: "three\nfour" });

    expect(await readFile(path, "utf8")).toBe("zero\none\none and a half\ntwo\nthree\nfour\n");
  });

  it("adds to an empty file and adds empty lines", async () => {
    const path = await file("a.txt", "");

    await edit("insert", "a.txt", { insert_line: 0, new_str: "one" });
    await edit("insert", "a.txt", { insert_line: 1, new_str: "" });

    expect(await readFile(path, "utf8")).toBe("one\n\n");
  });

  it("refuses lines that are not there and missing arguments", async () => {
    await file("a.txt", "one\ntwo\n");

    expect(await refusal("insert", "a.txt", { insert_line: 3, new_str: "x" })).toContain(
      "Invalid `insert_line` parameter: 3. It should be within the range of lines of the file: [0, 2].",
    );
    expect(await refusal("insert", "a.txt", { insert_line: 1 })).toContain("`new_str` is required");
    expect(await refusal("insert", "a.txt", { new_str: "x" })).toContain("`insert_line` is required");
  });
});

describe("undo_edit", () => {
  it("takes back one edit after the other, up to the ten last", async () => {
    const path = await file("a.txt", "0\n");
    for (let number = 1; number <= 11; number++) {
      await edit("str_replace", "a.txt", { old_str: `${number - 1}\n`, new_str: `${number}\n` });
    }

    const first = await edit("undo_edit", "a.txt");
    expect(first).toMatchObject({ is_error: false, old_content: "11\n", new_content: "10\n" });
    expect(textOf(first.content)).toContain(`Last edit to ${path} undone successfully.`);
    for (let count = 2; count <= 10; count++) await edit("undo_edit", "a.txt");

    expect(await readFile(path, "utf8")).toBe("1\n");
    expect(await refusal("undo_edit", "a.txt")).toBe(`No edit history found for ${path}.`);
  });

  it("takes back a creation by removing the file", async () => {
    await edit("create", "a.txt", { file_text: "hi" });

    expect(await edit("undo_edit", "a.txt")).toMatchObject({
      is_error: false,
      old_content: "hi",
      new_content: null,
    });
    await expect(stat(at("a.txt"))).rejects.toThrow("ENOENT");
  });

  it("keeps files apart and restores the very bytes", async () => {
    const latin = Uint8Array.from([0xe9, 0x0d, 0x0a, 0xe8, 0x0a]);
    await file("a.txt", latin);
    await file("b.txt", "b");
    await edit("insert", "a.txt", { insert_line: 0, new_str: "new" });
    await edit("insert", "b.txt", { insert_line: 0, new_str: "x" });

    await edit("undo_edit", "a.txt");

    expect([...(await readFile(at("a.txt")))]).toEqual([...latin]);
    expect(await readFile(at("b.txt"), "utf8")).toBe("x\nb");
  });
});

describe("an edit", () => {
  const bytesOf: [string, (text: string) => Buffer][] = [
    ["UTF-8", (text) => Buffer.from(text, "utf8")],
    ["UTF-8 with a mark", (text) => Buffer.from(`\uFEFF${text}`, "utf8")],
    ["UTF-16 LE", (text) => Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["UTF-16 BE", (text) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
    ["Latin-1", (text) => Buffer.from(text, "latin1")],
  ];

  it.each(bytesOf)("keeps the encoding: %s", async (_name, toBytes) => {
    const path = await file("a.txt", toBytes("café\r\nnaïve\r\n"));

    const observation = await edit("str_replace", "a.txt", { old_str: "café\n", new_str: "thé\nlait\n" });

    expect(observation).toMatchObject({
      is_error: false,
      old_content: "café\nnaïve\n",
      new_content: "thé\nlait\nnaïve\n",
    });
    expect((await readFile(path)).equals(toBytes("thé\r\nlait\r\nnaïve\r\n"))).toBe(true);
  });

  it("keeps the end of each line in a mixed file, and gives new lines that of their neighbours", async () => {
    const path = await file("a.txt", "a\r\nb\nc\r\nd\r\n");

    await edit("str_replace", "a.txt", { old_str: "b\nc\nd", new_str: "B\nC\nC and a half\nD" });
    expect(await readFile(path, "utf8")).toBe("a\r\nB\nC\r\nC and a half\r\nD\r\n");

    await edit("insert", "a.txt", { insert_line: 2, new_str: "after B" });
    await edit("insert", "a.txt", { insert_line: 0, new_str: "first" });
    expect(await readFile(path, "utf8")).toBe("first\r\na\r\nB\nafter B\nC\r\nC and a half\r\nD\r\n");
  });

  it("keeps mode bits and links, and leaves nothing else behind", async () => {
    const path = await file("run.sh", "echo 1\n");
    await chmod(path, 0o750);
    await symlink("run.sh", at("link.sh"));

    await edit("str_replace", "link.sh", { old_str: "1", new_str: "2" });

    expect((await lstat(at("link.sh"))).isSymbolicLink()).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o750);
    expect(await readFile(path, "utf8")).toBe("echo 2\n");
    expect((await readdir(directory)).sort()).toEqual(["link.sh", "run.sh"]);
  });

  it("works on a large file with Windows line ends", async () => {
    await file("big.txt", `${"some words in a line\r\n".repeat(200_000)}the end\r\n`);

    expect(await edit("str_replace", "big.txt", { old_str: "the end", new_str: "The End" })).toMatchObject({
      is_error: false,
    });
    expect(await refusal("str_replace", "big.txt", { old_str: "no such words", new_str: "" })).toContain(
      "verbatim",
    );
  });
});
