import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { diffFile } from "../../../src/workspace/git/file-diff.ts";
import type { Workspace } from "../../../src/workspace/workspace.ts";
import { openLocal } from "../open-local.ts";

/** A workspace that keeps the git commands that are run. */
function recorded(workspace: Workspace) {
  const commands: string[] = [];
  const run: Workspace["run"] = (argv, options) => {
    commands.push(argv.join(" "));
    return workspace.run(argv, options);
  };
  return { commands, workspace: { ...workspace, run } };
}

it("the configuration of a repository is read once for a diff", async () => {
  const local = await openLocal();
  const folder = local.info.workingDir;
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "sub/file"), "one\n");
  const git = (...parameters: string[]) =>
    local.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", ...parameters], { cwd: folder });
  await git("init", "-q");
  await git("add", ".");
  await git("commit", "-qm", "first");
  await writeFile(join(folder, "sub/file"), "two\n");
  const { commands, workspace } = recorded(local);
  const diff = await diffFile(workspace, join(folder, "sub/file"), { ref: "HEAD" });
  expect(diff).toEqual({ modified: "two", original: "one" });
  expect(commands.filter((command) => command.includes("--get-regexp"))).toHaveLength(1);
});
