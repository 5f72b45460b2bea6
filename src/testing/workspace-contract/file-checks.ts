import assert from "node:assert/strict";
import { inside, namesIn, textIn, type WorkspaceCheck } from "./check.ts";

const MEBIBYTE = 1024 * 1024;

/** Checks of operations on files that succeed. */
export const FILE_CHECKS: Record<string, WorkspaceCheck> = {
  "returns the bytes that were written, and shows commands the same file": async (workspace) => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const path = inside(workspace, "new/folder/data.bin");
    await workspace.files.write(path, bytes);
    assert.deepEqual(new Uint8Array(await workspace.files.read(path)), bytes);
    const { stdout } = await workspace.run(["wc", "-c", path]);
    assert.equal(Number.parseInt(stdout, 10), bytes.length);
  },

  "writes text as UTF-8 and takes any name": async (workspace) => {
    const name = "an 'odd' \"name\" $(id) \\ ünï 漢字.txt";
    await workspace.files.write(inside(workspace, name), "Grüße\n漢字");
    assert.equal(await textIn(workspace, name), "Grüße\n漢字");
    assert.deepEqual(await namesIn(workspace), [name]);
    assert.equal((await workspace.run(["cat", inside(workspace, name)])).stdout, "Grüße\n漢字");
  },

  "replaces a file whole: what was opened before stays readable": async (workspace) => {
    const path = inside(workspace, "file");
    await workspace.files.write(path, "a".repeat(MEBIBYTE));
    const old = await workspace.files.readStream(path);
    await workspace.files.write(path, "b");
    assert.equal(await new Response(old).text(), "a".repeat(MEBIBYTE));
    assert.equal(await textIn(workspace, "file"), "b");
    assert.deepEqual(await namesIn(workspace), ["file"]);
  },

  "passes files through in pieces": async (workspace) => {
    const path = inside(workspace, "large");
    async function* pieces() {
      for (let count = 0; count < 48; count++) yield new Uint8Array(MEBIBYTE / 4).fill(count);
    }
    await workspace.files.write(path, pieces());
    assert.equal((await workspace.files.stat(path))?.size, 12 * MEBIBYTE);
    let size = 0;
    for await (const piece of await workspace.files.readStream(path)) {
      assert.ok(piece.length <= MEBIBYTE, "a piece is a large part of the file");
      assert.equal(piece[0], Math.floor(size / (MEBIBYTE / 4)));
      size += piece.length;
    }
    assert.equal(size, 12 * MEBIBYTE);
  },

  "reads ranges, which may reach past the end": async (workspace) => {
    const path = inside(workspace, "digits");
    await workspace.files.write(path, "0123456789");
    const cases = [
      { range: { offset: 3, length: 4 }, text: "3456" },
      { range: { offset: 8 }, text: "89" },
      { range: { offset: 8, length: 100 }, text: "89" },
      { range: { offset: 10 }, text: "" },
      { range: { offset: 50, length: 1 }, text: "" },
      { range: { length: 0 }, text: "" },
    ];
    for (const { range, text } of cases) {
      assert.equal(new TextDecoder().decode(await workspace.files.read(path, range)), text);
      assert.equal(await new Response(await workspace.files.readStream(path, range)).text(), text);
    }
    assert.equal((await workspace.files.read(path, { length: 4, maxBytes: 4 })).length, 4);
  },

  "keeps permissions, and creates new files with the requested mode": async (workspace) => {
    const { files } = workspace;
    await files.write(inside(workspace, "run.sh"), "#!/bin/sh\necho one\n", { mode: 0o700 });
    await files.write(inside(workspace, "run.sh"), "#!/bin/sh\necho two\n", { mode: 0o600 });
    await files.write(inside(workspace, "private"), "x", { mode: 0o600 });
    assert.equal((await workspace.run([inside(workspace, "run.sh")])).stdout, "two\n");
    const { stdout } = await workspace.run(["ls", "-l", inside(workspace, "private")]);
    assert.match(stdout, /^-rw-------/);
  },

  "says what is at a path": async (workspace) => {
    const { files } = workspace;
    const before = Date.now();
    await files.write(inside(workspace, "file"), "123");
    const status = await files.stat(inside(workspace, "file"));
    assert.equal(status?.type, "file");
    assert.equal(status.size, 3);
    assert.ok(Math.abs(status.modifiedAt - before) < 60_000, "modifiedAt is far from now");
    assert.equal((await files.stat(workspace.info.workingDir))?.type, "directory");
    assert.equal(await files.stat(inside(workspace, "nothing")), null);
    assert.equal((await files.stat("/dev/null"))?.type, "other");
  },

  "lists folders sorted by name, up to a limit": async (workspace) => {
    const { files, info } = workspace;
    await files.makeFolder(inside(workspace, "folder/inner"));
    await files.makeFolder(inside(workspace, "folder/inner"));
    for (const name of ["b", "B", "a", ".hidden"]) await files.write(inside(workspace, name), "");
    const { entries, truncated } = await files.list(info.workingDir);
    assert.deepEqual(
      entries.map(({ name, type }) => `${name} ${type}`),
      [".hidden file", "B file", "a file", "b file", "folder directory"],
    );
    assert.equal(truncated, false);
    assert.equal((await files.list(info.workingDir, { limit: 5 })).truncated, false);
    const limited = await files.list(info.workingDir, { limit: 3 });
    assert.equal(limited.truncated, true);
    assert.equal(limited.entries.length, 3);
    assert.deepEqual(await files.list(inside(workspace, "folder/inner")), { entries: [], truncated: false });
  },

  "follows links, keeps them when their target is written, and removes them alone": async (workspace) => {
    const { files } = workspace;
    await files.write(inside(workspace, "target"), "old");
    await workspace.run(["ln", "-s", "target", inside(workspace, "link")]);
    await workspace.run(["ln", "-s", "nowhere", inside(workspace, "dangling")]);
    await files.write(inside(workspace, "link"), "new");
    assert.equal(await textIn(workspace, "target"), "new");
    assert.equal(await files.stat(inside(workspace, "dangling")), null);
    const { entries } = await files.list(workspace.info.workingDir);
    assert.deepEqual(
      entries.map(({ name, type, isLink }) => `${name} ${type}${isLink ? " link" : ""}`),
      ["dangling other link", "link file link", "target file"],
    );
    await files.remove(inside(workspace, "link"));
    await files.write(inside(workspace, "dangling"), "made");
    assert.equal(await textIn(workspace, "nowhere"), "made");
    assert.deepEqual(await namesIn(workspace), ["dangling", "nowhere", "target"]);
  },

  "resolves every spelling of a path to one name": async (workspace) => {
    const { files } = workspace;
    await files.makeFolder(inside(workspace, "folder"));
    await workspace.run(["ln", "-s", "folder", inside(workspace, "link")]);
    const real = await files.realPath(inside(workspace, "folder"));
    assert.equal(await files.realPath(inside(workspace, "link")), real);
    assert.equal(await files.realPath(inside(workspace, "folder/x/../new/file")), `${real}/new/file`);
    assert.equal(await files.realPath(inside(workspace, "link/new/file")), `${real}/new/file`);
  },

  "moves files over others, and removes": async (workspace) => {
    const { files } = workspace;
    await files.write(inside(workspace, "from"), "moved");
    await files.write(inside(workspace, "to"), "old");
    await files.move(inside(workspace, "from"), inside(workspace, "to"));
    assert.equal(await textIn(workspace, "to"), "moved");
    await files.write(inside(workspace, "folder/deep/file"), "");
    await files.remove(inside(workspace, "folder"), { recursive: true });
    await files.remove(inside(workspace, "folder"));
    assert.deepEqual(await namesIn(workspace), ["to"]);
  },
};
