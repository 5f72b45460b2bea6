import assert from "node:assert/strict";
import { assertFails, inside, textIn, untilNames, type WorkspaceCheck } from "./check.ts";

/** Checks of operations on files that fail. */
export const FILE_FAILURE_CHECKS: Record<string, WorkspaceCheck> = {
  "says that a path is not there": async (workspace) => {
    const { files } = workspace;
    const missing = inside(workspace, "missing");
    await assertFails(files.read(missing), "not_found");
    await assertFails(files.readStream(missing), "not_found");
    await assertFails(files.list(missing), "not_found");
    await assertFails(files.move(missing, inside(workspace, "to")), "not_found");
    await files.remove(missing);
    await files.remove(missing, { recursive: true });
  },

  "says that a folder is not a file": async (workspace) => {
    const { files } = workspace;
    const folder = inside(workspace, "folder");
    await files.makeFolder(folder);
    await assertFails(files.read(folder), "not_a_file");
    await assertFails(files.readStream(folder), "not_a_file");
    await assertFails(files.write(folder, "x"), "not_a_file");
    await assertFails(files.remove(folder), "not_a_file");
    await untilNames(workspace, ["folder"]);
  },

  "says that a file is not a folder": async (workspace) => {
    const { files } = workspace;
    await files.write(inside(workspace, "file"), "x");
    await assertFails(files.list(inside(workspace, "file")), "not_a_directory");
    await assertFails(files.makeFolder(inside(workspace, "file")), "not_a_directory");
    await assertFails(files.makeFolder(inside(workspace, "file/below")), "not_a_directory");
    await assertFails(files.write(inside(workspace, "file/below"), "x"), "not_a_directory");
    await assertFails(files.read(inside(workspace, "file/below")), "not_a_directory");
    assert.equal(await textIn(workspace, "file"), "x");
  },

  "refuses paths that are relative or hold a zero character": async ({ files }) => {
    for (const path of ["relative/file", "", "/tmp/a\0b"]) {
      await assertFails(files.read(path), "invalid_path");
      await assertFails(files.write(path, ""), "invalid_path");
      await assertFails(files.stat(path), "invalid_path");
      await assertFails(files.realPath(path), "invalid_path");
    }
  },

  "refuses a circle of links": async (workspace) => {
    await workspace.run(["ln", "-s", "circle", inside(workspace, "circle")]);
    await assertFails(workspace.files.read(inside(workspace, "circle")), "invalid_path");
    await assertFails(workspace.files.write(inside(workspace, "circle"), ""), "invalid_path");
  },

  "does not wait for a pipe": async (workspace) => {
    const pipe = inside(workspace, "pipe");
    await workspace.run(["mkfifo", pipe]);
    assert.equal((await workspace.files.stat(pipe))?.type, "other");
    await assertFails(workspace.files.read(pipe), "not_a_file");
    await assertFails(workspace.files.readStream(pipe), "not_a_file");
  },

  "reads no more than the requested size": async (workspace) => {
    const path = inside(workspace, "file");
    await workspace.files.write(path, "12345");
    assert.equal((await workspace.files.read(path, { maxBytes: 5 })).length, 5);
    await assertFails(workspace.files.read(path, { maxBytes: 4 }), "too_large");
    await assertFails(workspace.files.read(path, { offset: 1, maxBytes: 3 }), "too_large");
  },

  "leaves the old file and nothing else when the content fails": async (workspace) => {
    const path = inside(workspace, "file");
    await workspace.files.write(path, "old");
    async function* failing() {
      yield new TextEncoder().encode("half");
      throw new RangeError("no more");
    }
    await assert.rejects(workspace.files.write(path, failing()), RangeError);
    assert.equal(await textIn(workspace, "file"), "old");
    await untilNames(workspace, ["file"]);
  },

  "keeps files in a folder, links included, where it says that it can": async (workspace) => {
    const { files, info } = workspace;
    if (files.within === undefined) return;
    await files.write(inside(workspace, "folder/file"), "in it");
    await files.write(inside(workspace, "secret"), "beside it");
    await workspace.run(["ln", "-s", info.workingDir, inside(workspace, "folder/out")]);
    const confined = files.within(await files.realPath(inside(workspace, "folder")));
    const read = await confined.read(inside(workspace, "folder/file"));
    assert.equal(new TextDecoder().decode(read), "in it");
    await confined.write(inside(workspace, "folder/new/file"), "new");
    assert.equal(await textIn(workspace, "folder/new/file"), "new");
    for (const path of ["secret", "folder/out/secret", "folder/../secret"].map((name) =>
      inside(workspace, name),
    )) {
      await assertFails(confined.read(path), "permission_denied");
      await assertFails(confined.readStream(path), "permission_denied");
      await assertFails(confined.write(path, "x"), "permission_denied");
      await assertFails(confined.stat(path), "permission_denied");
      await assertFails(confined.remove(path), "permission_denied");
      await assertFails(confined.move(inside(workspace, "folder/file"), path), "permission_denied");
      assert.equal(await confined.realPath(path), await files.realPath(path));
    }
    await assertFails(confined.makeFolder(inside(workspace, "folder/out/made")), "permission_denied");
    await assertFails(confined.list(inside(workspace, "folder/out")), "permission_denied");
    assert.equal(await textIn(workspace, "secret"), "beside it");
  },
};
