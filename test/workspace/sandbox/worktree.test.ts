import { execFileSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type SandboxOptions, sandboxedWorkspace } from "agent-server";
import { describe, expect, it } from "vitest";
import { openMachineServer } from "../../routes/machine/machine-server.ts";
import { temporaryDirectory } from "../open-local.ts";
import { MISSING } from "./open-sandbox.ts";

/** A repository in the root of a sandbox, and a start that asks for a worktree of it. */
async function project() {
  const folder = await temporaryDirectory();
  const root = join(folder, "projects");
  const repository = join(root, "one");
  await mkdir(repository, { recursive: true });
  await writeFile(join(repository, "file"), "text\n");
  const git = (...parameters: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...parameters], {
      cwd: repository,
      encoding: "utf8",
    });
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-qm", "first");
  const start = async (worktreeRoot: string, options: SandboxOptions = {}) => {
    const server = await openMachineServer({
      workspace: sandboxedWorkspace({ root, ...options }),
      conversationsPath: join(folder, "conversations"),
      worktreeRoot,
    });
    const response = await server.fetch("/api/conversations", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        agent: { llm: { model: "gpt-5" }, tools: [] },
        workspace: { working_dir: repository },
        worktree: true,
      }),
    });
    return { server, status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { folder, root, repository, git, start };
}

describe.skipIf(MISSING)("a worktree for an agent in a sandbox", () => {
  it.each([
    ["in a folder that the sandbox does not show", "worktrees"],
    ["next to the repository, where the sandbox of the repository does not reach", "projects/worktrees"],
  ])("is refused %s, and nothing is left", async (_, name) => {
    const { folder, root, git, start } = await project();
    const { server, status, body } = await start(join(folder, name));
    expect([status, body.detail]).toEqual([
      422,
      expect.stringMatching(/^worktree: none can be made on this machine \(.*outside of the sandbox/),
    ]);
    expect((await server.get("/api/conversations/count")).body).toBe(0);
    expect(await readdir(root)).toEqual(["one"]);
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it("is refused where git would not work in it, because the agent does not see the repository", async () => {
    const { root, git, start } = await project();
    const worktrees = join(root, "worktrees");
    await mkdir(worktrees);
    const { status, body } = await start(worktrees, { writable: [worktrees] });
    expect([status, body.detail]).toEqual([
      422,
      expect.stringContaining("the agent could not use git in it"),
    ]);
    expect(await readdir(worktrees)).toEqual([]);
    expect(git("branch", "--list").trim()).toBe("* main");
  });

  it("is made where the host shows both folders to its sandboxes", async () => {
    const { root, repository, start } = await project();
    const worktrees = join(root, "worktrees");
    await mkdir(worktrees);
    const { server, status, body } = await start(worktrees, { writable: [worktrees, repository] });
    expect([status, body.detail]).toEqual([201, undefined]);
    const { working_dir: path } = body.workspace as { working_dir: string };
    expect(path).toBe(join(worktrees, String(body.id), "one"));
    await writeFile(join(path, "new"), "text\n");
    const changes = await server.get(`/api/conversations/${body.id}/git/changes`, { path });
    expect(changes).toMatchObject({ status: 200, body: [{ path: "new", status: "ADDED" }] });
  });
});
