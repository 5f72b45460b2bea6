import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { SECRET_MASK } from "../../../src/secrets/masking/secret-mask.ts";
import { editTool } from "../../../src/tools/gemini-files/edit-tool.ts";
import { listDirectoryTool } from "../../../src/tools/gemini-files/list-directory-tool.ts";
import { readFileTool } from "../../../src/tools/gemini-files/read-file-tool.ts";
import { writeFileTool } from "../../../src/tools/gemini-files/write-file-tool.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { type OpenedTool, openedTool } from "../opened-tool.ts";
import { toolHost } from "../tool-host.ts";

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(directory, name), content);
  return join(directory, name);
}

function content(name: string): Promise<string> {
  return readFile(join(directory, name), "utf8");
}

describe("read_file", () => {
  let tool: OpenedTool;
  beforeEach(async () => {
    tool = await openedTool(readFileTool, { workingDir: directory });
  });

  it("shows a file with line numbers, from the working directory or by its absolute path", async () => {
    const path = await file("a.txt", "one\ntwo\n\nfour");

    const numbered = "     1  one\n     2  two\n     3  \n     4  four";
    for (const file_path of ["a.txt", "./sub/../a.txt", path]) {
      expect(await tool.call({ file_path })).toMatchObject({
        kind: "ReadFileObservation",
        is_error: false,
        content: [{ text: `Read file: ${path}\n\n${numbered}` }],
        file_path: path,
        file_content: numbered,
        is_truncated: false,
        lines_shown: null,
        total_lines: 4,
      });
    }
  });

  it("shows a part, and says where to read on", async () => {
    const path = await file("a.txt", "1\n2\n3\n4\n5\n");

    const middle = await tool.call({ file_path: "a.txt", offset: 1, limit: 2 });
    expect(middle).toMatchObject({ is_truncated: true, lines_shown: [2, 3], total_lines: 5 });
    expect(textOf(middle.content)).toBe(
      `Read file: ${path} (showing lines 2-3 of 5; read on with offset=3)\n\n     2  2\n     3  3\n`,
    );
    const end = await tool.call({ file_path: "a.txt", offset: 3, limit: 9 });
    expect(end).toMatchObject({
      is_truncated: false,
      lines_shown: null,
      file_content: "     4  4\n     5  5\n",
    });
    expect(await tool.refusal({ file_path: "a.txt", offset: 5 })).toContain(
      "Offset 5 is beyond file length (5 lines)",
    );
  });

  it("shows a thousand lines at once, and fewer where they are long", async () => {
    await file("long.txt", Array.from({ length: 1500 }, (_, index) => `${index}\n`).join(""));
    await file("wide.txt", `${"x".repeat(3_000)}\n`.repeat(100));
    await file("one-line.txt", "y".repeat(1_000_000));

    expect(await tool.call({ file_path: "long.txt" })).toMatchObject({
      lines_shown: [1, 1000],
      total_lines: 1500,
    });
    const wide = await tool.call({ file_path: "wide.txt" });
    expect(wide).toMatchObject({ is_truncated: true, lines_shown: [1, 13], total_lines: 100 });
    const cut = await tool.call({ file_path: "one-line.txt" });
    expect(cut).toMatchObject({ is_truncated: false, total_lines: 1 });
    expect(textOf(cut.content).length).toBeLessThan(11_000);
    expect(textOf(cut.content)).toContain("[1000000 characters in this line]");
  });

  it("shows an empty file, other encodings, and line ends of Windows as line ends", async () => {
    await file("empty.txt", "");
    await file("crlf.txt", "one\r\ntwo\r\n");
    await file("utf16.txt", Buffer.from("\uFEFFgrün\n", "utf16le"));

    expect(await tool.call({ file_path: "empty.txt" })).toMatchObject({ is_error: false, total_lines: 0 });
    expect(await tool.call({ file_path: "crlf.txt" })).toMatchObject({
      file_content: "     1  one\n     2  two\n",
    });
    expect(await tool.call({ file_path: "utf16.txt" })).toMatchObject({ file_content: "     1  grün\n" });
  });

  it("refuses what is no text file", async () => {
    await mkdir(join(directory, "folder"));
    await file("blob.bin", Buffer.from([127, 69, 0, 0, 0, 1]));
    execFileSync("mkfifo", [join(directory, "pipe")]);
    execFileSync("truncate", ["-s", "1T", join(directory, "huge.txt")]);

    expect(await tool.call({ file_path: "missing.txt" })).toMatchObject({
      is_error: true,
      content: [{ text: `Error: File not found: ${directory}/missing.txt.` }],
      file_path: `${directory}/missing.txt`,
      file_content: "",
      total_lines: null,
    });
    expect(await tool.refusal({ file_path: "folder" })).toContain("Path is a directory");
    expect(await tool.refusal({ file_path: "blob.bin" })).toContain("binary");
    expect(await tool.refusal({ file_path: "pipe" })).toContain("not a regular file");
    expect(await tool.refusal({ file_path: "huge.txt" })).toContain("at most 10 MB");
    expect(await tool.refusal({ file_path: "a\0b" })).toContain("zero character");
  });
});

describe("write_file", () => {
  let tool: OpenedTool;
  beforeEach(async () => {
    tool = await openedTool(writeFileTool, { workingDir: directory });
  });

  it("makes a file and the folders above it", async () => {
    const path = join(directory, "new/deep/a.txt");
    expect(await tool.call({ file_path: "new/deep/a.txt", content: "one\n" })).toMatchObject({
      kind: "WriteFileObservation",
      is_error: false,
      content: [{ text: `Created file: ${path}` }],
      file_path: path,
      is_new_file: true,
      old_content: null,
      new_content: "one\n",
    });
    expect(await content("new/deep/a.txt")).toBe("one\n");
  });

  it("replaces a file, and tells what it had if that was text", async () => {
    await file("a.txt", "one\n");
    await file("blob.bin", Buffer.from([127, 69, 0, 0, 0, 1]));

    expect(await tool.call({ file_path: "a.txt", content: "two\n" })).toMatchObject({
      content: [{ text: `Updated file: ${directory}/a.txt` }],
      is_new_file: false,
      old_content: "one\n",
      new_content: "two\n",
    });
    expect(await tool.call({ file_path: "blob.bin", content: "text" })).toMatchObject({
      is_new_file: false,
      old_content: null,
    });
    expect(await content("blob.bin")).toBe("text");
  });

  it("does not write a file back without the secrets that its reader did not see", async () => {
    await file(".env", "KEY=super-secret-value\nPORT=1\n");

    const masked = await openedTool(readFileTool, {
      workingDir: directory,
      secrets: { KEY: "super-secret-value" },
    });
    const seen = textOf((await masked.call({ file_path: ".env" })).content);
    expect(seen).toContain(SECRET_MASK);
    expect(await tool.refusal({ file_path: ".env", content: `KEY=${SECRET_MASK}\nPORT=2\n` })).toContain(
      "lost",
    );
    expect(await content(".env")).toBe("KEY=super-secret-value\nPORT=1\n");
    expect(await tool.call({ file_path: "new", content: SECRET_MASK })).toMatchObject({ is_error: false });
    expect(await tool.call({ file_path: "new", content: `${SECRET_MASK}.` })).toMatchObject({
      is_error: false,
    });
  });

  it("refuses a folder and what lies below a file, with a result that names no file", async () => {
    await file("a.txt", "one\n");

    const nothing = {
      is_error: true,
      file_path: null,
      is_new_file: false,
      old_content: null,
      new_content: null,
    };
    expect(await tool.call({ file_path: ".", content: "x" })).toMatchObject(nothing);
    expect(await tool.call({ file_path: "a.txt/b.txt", content: "x" })).toMatchObject(nothing);
    expect(await content("a.txt")).toBe("one\n");
  });
});

describe("edit", { timeout: 60_000 }, () => {
  let tool: OpenedTool;
  beforeEach(async () => {
    tool = await openedTool(editTool, { workingDir: directory });
  });

  it("replaces a passage that occurs once", async () => {
    const path = await file("a.txt", "one\ntwo $& three\n");

    expect(
      await tool.call({ file_path: "a.txt", old_string: "two $&", new_string: "2 $1 $$" }),
    ).toMatchObject({
      kind: "EditObservation",
      is_error: false,
      content: [{ text: `Successfully edited ${path} (1 replacement(s))` }],
      file_path: path,
      is_new_file: false,
      replacements_made: 1,
      old_content: "one\ntwo $& three\n",
      new_content: "one\n2 $1 $$ three\n",
    });
    expect(await content("a.txt")).toBe("one\n2 $1 $$ three\n");
  });

  it("replaces every occurrence when there are as many as expected", async () => {
    await file("a.txt", "x x x\n");

    const args = { file_path: "a.txt", old_string: "x", new_string: "yy" };
    expect(await tool.call({ ...args, expected_replacements: 2 })).toMatchObject({
      is_error: true,
      file_path: join(directory, "a.txt"),
      replacements_made: 0,
      old_content: null,
    });
    expect(await tool.refusal(args)).toContain("Expected 1 occurrence but found 3");
    expect(await content("a.txt")).toBe("x x x\n");
    expect(await tool.call({ ...args, expected_replacements: 3 })).toMatchObject({ replacements_made: 3 });
    expect(await content("a.txt")).toBe("yy yy yy\n");
  });

  it("makes a new file of an empty passage, and never over another", async () => {
    const path = join(directory, "new/a.txt");
    const args = { file_path: "new/a.txt", old_string: "", new_string: "one\n" };

    expect(await tool.call(args)).toMatchObject({
      content: [{ text: `Created new file: ${path}` }],
      is_new_file: true,
      replacements_made: 1,
      old_content: null,
      new_content: "one\n",
    });
    expect(await tool.call({ ...args, new_string: "two\n" })).toMatchObject({
      is_error: true,
      file_path: null,
    });
    expect(await content("new/a.txt")).toBe("one\n");
  });

  it("keeps line ends, also mixed ones, and the encoding", async () => {
    await file("mixed.txt", "a\r\nb\na\r\nb\na\n");
    await file("utf16.txt", Buffer.from("\uFEFFgrün und blau\n", "utf16le"));

    await tool.call({
      file_path: "mixed.txt",
      old_string: "a\nb",
      new_string: "A\nB",
      expected_replacements: 2,
    });
    expect(await content("mixed.txt")).toBe("A\r\nB\nA\r\nB\na\n");
    await tool.call({ file_path: "utf16.txt", old_string: "grün", new_string: "rot" });
    expect(await readFile(join(directory, "utf16.txt"), "utf16le")).toBe("\uFEFFrot und blau\n");
  });

  it("refuses what it cannot do, and changes nothing", async () => {
    await mkdir(join(directory, "folder"));
    await file("a.txt", "one\n");
    await file("blob.bin", Buffer.from([127, 69, 0, 0, 0, 1]));

    const change = { old_string: "one", new_string: "two" };
    expect(await tool.refusal({ file_path: "missing.txt", ...change })).toContain("File not found");
    expect(await tool.refusal({ file_path: "folder", ...change })).toContain("Path is a directory");
    expect(await tool.refusal({ file_path: "blob.bin", ...change })).toContain("binary");
    expect(await tool.refusal({ file_path: "a.txt", old_string: "One", new_string: "x" })).toContain(
      "0 occurrences",
    );
    expect(await tool.refusal({ file_path: "a.txt", old_string: "one", new_string: "one" })).toContain(
      "No changes",
    );
    expect(await content("a.txt")).toBe("one\n");
  });

  it("says that a masked passage holds a secret value", async () => {
    await file(".env", "KEY=super-secret-value\n");

    const masked = { file_path: ".env", old_string: `KEY=${SECRET_MASK}`, new_string: "KEY=" };
    expect(await tool.refusal(masked)).toContain("has a secret value where you see");
  });

  it("takes time that grows with the file, however many occurrences there are", async () => {
    await file("many.txt", "ab\r\n".repeat(200_000));

    const change = { old_string: "b\n", new_string: "c\n", expected_replacements: 200_000 };
    expect(await tool.call({ file_path: "many.txt", ...change })).toMatchObject({
      replacements_made: 200_000,
    });
    expect(await content("many.txt")).toBe("ac\r\n".repeat(200_000));
  });

  it("takes turns with other tools that touch the file, by whatever name", async () => {
    const path = await file("a.txt", "one\n");
    await symlink("a.txt", join(directory, "link.txt"));

    const host = await toolHost({ workingDir: directory });
    const edit = { old_string: "", new_string: "", expected_replacements: 1 };
    for (const file_path of ["a.txt", path, "link.txt", "x/../a.txt"]) {
      expect(await editTool.resources?.({ ...edit, file_path }, host)).toEqual([`file:${path}`]);
      expect(await writeFileTool.resources?.({ content: "", file_path }, host)).toEqual([`file:${path}`]);
      expect(await readFileTool.resources?.({ offset: null, limit: null, file_path }, host)).toEqual([
        `file:${path}`,
      ]);
    }
  });
});

describe("list_directory", { timeout: 60_000 }, () => {
  let tool: OpenedTool;
  beforeEach(async () => {
    tool = await openedTool(listDirectoryTool, { workingDir: directory });
  });

  const names = (result: Record<string, unknown>) =>
    (result.entries as { path: string }[]).map(({ path }) => path.slice(directory.length + 1));

  it("lists a directory by name, with sizes, times and hidden entries", async () => {
    await mkdir(join(directory, "folder"));
    await file("b.txt", "four");
    await file(".hidden", "");
    const time = new Date("2024-05-06T07:08:09.123Z");
    await utimes(join(directory, "b.txt"), time, time);

    const result = await tool.call({});
    expect(result).toMatchObject({ kind: "ListDirectoryObservation", dir_path: directory, total_count: 3 });
    expect(names(result)).toEqual([".hidden", "b.txt", "folder"]);
    const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 23);
    expect((result.entries as unknown[])[1]).toEqual({
      name: "b.txt",
      path: join(directory, "b.txt"),
      is_directory: false,
      size: 4,
      modified_time: `${local}000`,
    });
    expect((result.entries as unknown[])[2]).toMatchObject({ is_directory: true, size: 0 });
    expect(textOf(result.content)).toMatch(
      /^Listed directory: .* \(3 entries\)\n.* {2}\.hidden {2}0 bytes\n.* {2}b\.txt {2}4 bytes\n.* {2}folder\/$/,
    );
  });

  it("lists the directories in it as well, and no deeper ones, when it is recursive", async () => {
    await mkdir(join(directory, "a/deep/deeper"), { recursive: true });
    await mkdir(join(directory, "z"));
    await file("a/one.txt", "");
    await file("a/deep/two.txt", "");
    await file("m.txt", "");
    await symlink("a", join(directory, "link"));
    await symlink("nowhere", join(directory, "broken"));

    const listing = await tool.call({ dir_path: ".", recursive: true });
    expect(names(listing)).toEqual(["a", "link", "z", "m.txt", "a/deep", "a/one.txt"]);
  });

  it("shows 500 entries, the first ones by name, and says that there are more", async () => {
    const all = Array.from({ length: 501 }, (_, index) => String(index).padStart(4, "0"));
    await mkdir(join(directory, "full"));
    await mkdir(join(directory, "many"));
    await Promise.all(all.slice(1).map((name) => file(`full/${name}`, "")));
    await Promise.all(all.map((name) => file(`many/${name}`, "")));

    expect(await tool.call({ dir_path: "full" })).toMatchObject({ total_count: 500, is_truncated: false });
    const cut = await tool.call({ dir_path: "many" });
    expect(cut).toMatchObject({ total_count: 500, is_truncated: true });
    expect(names(cut).at(-1)).toBe("many/0499");
    expect(await tool.call({ recursive: true })).toMatchObject({ total_count: 500, is_truncated: true });
  });

  it("refuses what is no directory", async () => {
    await file("a.txt", "");

    const nothing = { is_error: true, dir_path: null, entries: [], total_count: 0, is_truncated: false };
    expect(await tool.call({ dir_path: "missing" })).toMatchObject(nothing);
    expect(await tool.call({ dir_path: "a.txt" })).toMatchObject(nothing);
    expect(await tool.refusal({ dir_path: "a.txt" })).toContain("not a directory");
  });

  it("lists files that claim to be of a year far away", async () => {
    await file("old.txt", "");
    await file("new.txt", "");
    await utimes(join(directory, "old.txt"), -100_000_000_000, -100_000_000_000);
    await utimes(join(directory, "new.txt"), 900_000_000_000, 900_000_000_000);

    expect(await tool.call({})).toMatchObject({ is_error: false, total_count: 2 });
    expect(await readdir(directory)).toHaveLength(2);
  });
});
