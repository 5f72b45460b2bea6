import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openProject } from "./open-project.ts";

const run = promisify(execFile);
const ID = "0a0b0c0d-0001-4000-8000-00000000000a";

describe("a conversation that asks for a worktree", () => {
  it("works in its own folder, on its own branch, and its agent knows that", async () => {
    const project = await openProject();
    const bench = project.open();
    const { path, warnings, info } = await project.start(bench, {
      conversation_id: ID,
      agent_launch_additions: { system_message_suffix_append: "Be brief." },
    });
    expect(path).toBe(join(project.root, ID, "project"));
    expect(warnings).toEqual([]);
    expect(info).toMatchObject({ workspace: { kind: "LocalWorkspace", working_dir: path } });
    expect(await readFile(join(path, "file"), "utf8")).toBe("1");
    expect(await project.branches()).toEqual(["main", `openhands/${ID}`]);
    expect(await project.worktrees()).toEqual([path]);
    const suffix = info.agent.agent_context?.system_message_suffix ?? "";
    expect(suffix).toMatch(/^Be brief\.\n\n.*worktree/);
    for (const fact of [project.repo, path, `openhands/${ID}`, "the main (or master) branch"]) {
      expect(suffix).toContain(fact);
    }
  });

  it("keeps the folder of the repository in which it was started, also where no commit has it", async () => {
    const project = await openProject();
    const bench = project.open();
    const inner = await project.start(bench, { workspace: { working_dir: join(project.repo, "sub") } });
    expect(inner.path).toBe(join(project.root, inner.id, "project", "sub"));
    expect(await readFile(join(inner.path, "inner"), "utf8")).toBe("1");
    await mkdir(join(project.repo, "new/folder"), { recursive: true });
    const fresh = await project.start(bench, {
      workspace: { working_dir: join(project.repo, "new/folder") },
    });
    expect(await project.exists(fresh.path)).toBe(true);
  });

  it("leaves what is not committed in the user's folder", async () => {
    const project = await openProject();
    await project.write("project/file", "not committed");
    const { path } = await project.start(project.open());
    expect(await readFile(join(path, "file"), "utf8")).toBe("1");
    expect(await readFile(join(project.repo, "file"), "utf8")).toBe("not committed");
  });

  it("works in the folder itself where there is no repository, or none yet", async () => {
    const project = await openProject();
    const bench = project.open();
    for (const name of ["plain", "missing"]) {
      const working_dir = join(project.folder, name);
      if (name === "plain") await mkdir(working_dir);
      const { path, warnings } = await project.start(bench, { workspace: { working_dir } });
      expect({ path, warnings }).toEqual({ path: working_dir, warnings: [] });
    }
    expect(await project.exists(project.root)).toBe(false);
  });

  it("is one conversation in one worktree when two ask for the same id at once", async () => {
    const project = await openProject();
    const bench = project.open();
    const starts = await Promise.all(
      [1, 2, 3].map(() =>
        project.start(bench, { conversation_id: ID, workspace: { working_dir: project.repo } }),
      ),
    );
    expect(new Set(starts.map(({ path }) => path)).size).toBe(1);
    expect(await bench.manager.count()).toBe(1);
    expect(await project.worktrees()).toHaveLength(1);
  });

  it("is made beside others of the same repository at once", async () => {
    const project = await openProject();
    await run("git", ["clone", "--quiet", "--bare", project.repo, join(project.folder, "origin.git")]);
    await project.git("remote", "add", "origin", join(project.folder, "origin.git"));
    await project.git("fetch", "--quiet", "origin");
    await project.git("remote", "set-head", "origin", "main");
    const bench = project.open();
    const starts = await Promise.all(Array.from({ length: 6 }, () => project.start(bench)));
    expect(await project.worktrees()).toHaveLength(6);
    expect(starts.flatMap(({ warnings }) => warnings)).toEqual([]);
  });
});

describe("the start of a worktree", () => {
  it("is the default branch of origin, which is fetched", async () => {
    const project = await openProject();
    const origin = join(project.folder, "origin");
    await run("git", ["clone", "--quiet", project.repo, origin]);
    await project.git("remote", "add", "origin", origin);
    await project.git("fetch", "--quiet", "origin");
    await project.git("remote", "set-head", "origin", "main");
    await project.write("origin/file", "newer");
    await run("git", ["-C", origin, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qam", "newer"]);
    const { path, warnings } = await project.start(project.open());
    expect(await readFile(join(path, "file"), "utf8")).toBe("newer");
    expect(warnings).toEqual([]);
  });

  it("is what is at hand, with a warning, when origin cannot be fetched", async () => {
    const project = await openProject();
    await project.git("remote", "add", "origin", "https://user:hidden@127.0.0.1:1/x.git");
    const { path, warnings } = await project.start(project.open());
    expect(await readFile(join(path, "file"), "utf8")).toBe("1");
    expect(warnings).toEqual([expect.stringMatching(/^worktree: origin was not fetched \(.*127\.0\.0\.1/)]);
    expect(warnings.join()).not.toContain("hidden");
  });

  it("is main before master, and HEAD without either", async () => {
    const project = await openProject();
    const bench = project.open();
    await project.git("checkout", "--quiet", "-b", "other");
    await project.commit("other", { file: "other" });
    const read = async (fields = {}) =>
      readFile(join((await project.start(bench, fields)).path, "file"), "utf8");
    expect(await read()).toBe("1");
    expect(await read({ worktree_options: { base: "head" } })).toBe("other");
    await project.git("branch", "--move", "main", "master");
    expect(await read()).toBe("1");
    await project.git("branch", "--delete", "--force", "master");
    expect(await read()).toBe("other");
  });

  it("is a branch, a tag or a commit that is named", async () => {
    const project = await openProject();
    const bench = project.open();
    const first = await project.git("rev-parse", "HEAD");
    await project.git("tag", "v1");
    await project.commit("second", { file: "2" });
    for (const ref of ["v1", first, first.slice(0, 10)]) {
      const { path, info } = await project.start(bench, { worktree_options: { base: "ref", ref } });
      expect(await readFile(join(path, "file"), "utf8")).toBe("1");
      expect(info.agent.agent_context?.system_message_suffix).toContain(`\`${ref}\``);
    }
  });

  it("may be in a worktree itself", async () => {
    const project = await openProject();
    const bench = project.open();
    const outer = await project.start(bench);
    const inner = await project.start(bench, { workspace: { working_dir: outer.path } });
    expect(inner.path).toBe(join(project.root, inner.id, "project"));
    await bench.manager.delete(outer.id);
    expect(await project.worktrees()).toEqual([inner.path]);
    await bench.manager.delete(inner.id);
    expect(await project.worktrees()).toEqual([]);
  });
});

describe("a start is refused, and leaves nothing behind, when", () => {
  it.each([
    [
      "the ref is unknown",
      { base: "ref", ref: "nowhere" },
      "worktree_options.ref: 'nowhere' is not a commit",
    ],
    ["the branch cannot have the name", { branch_prefix: "a..b/" }, "worktree_options.branch_prefix: 'a..b/"],
    ["a branch has the name of the folder", { branch_prefix: "main/" }, "worktree: git worktree failed"],
  ])("%s", async (_, worktree_options, words) => {
    const project = await openProject();
    const bench = project.open();
    await expect(project.start(bench, { worktree_options })).rejects.toMatchObject({
      code: "unprocessable",
      detail: expect.stringContaining(words),
    });
    expect(await bench.manager.count()).toBe(0);
    expect(await project.branches()).toEqual(["main"]);
    expect(await project.worktrees()).toEqual([]);
    expect(await readdir(project.root).catch(() => [])).toEqual([]);
  });

  it("the repository has no commit", async () => {
    const project = await openProject({ commits: false });
    const bench = project.open();
    for (const base of ["default_branch", "head"]) {
      await expect(project.start(bench, { worktree_options: { base } })).rejects.toMatchObject({
        code: "unprocessable",
        detail: expect.stringMatching(/^worktree: the repository .* has no commit/),
      });
    }
    expect(await bench.manager.count()).toBe(0);
  });

  it("the record cannot be stored", async () => {
    const project = await openProject();
    const bench = project.open();
    const { commit } = bench.store;
    bench.store.commit = async (change) => {
      if (change.create) throw new Error("The disk is full");
      return commit.call(bench.store, change);
    };
    await expect(project.start(bench, { conversation_id: ID })).rejects.toThrow("The disk is full");
    expect(await project.branches()).toEqual(["main"]);
    expect(await project.worktrees()).toEqual([]);
    expect(await project.exists(join(project.root, ID))).toBe(false);
  });

  it("the agent's policy file is not in the worktree", async () => {
    const project = await openProject();
    await project.write("project/policy.md", "not committed");
    const agent = { llm: { model: "scripted" }, tools: [], security_policy_filename: "policy.md" };
    await expect(project.start(project.open(), { agent })).rejects.toMatchObject({
      detail: expect.stringContaining("security_policy_filename"),
    });
    expect(await project.worktrees()).toEqual([]);
  });

  it("the folder is a link that leads out of the worktree", async () => {
    const project = await openProject();
    await symlink("/", join(project.repo, "linked"));
    await project.commit("link");
    await project.git("rm", "--quiet", "--cached", "linked");
    await run("rm", [join(project.repo, "linked")]);
    await mkdir(join(project.repo, "linked"));
    await expect(
      project.start(project.open(), { workspace: { working_dir: join(project.repo, "linked") } }),
    ).rejects.toMatchObject({
      detail: expect.stringMatching(/^workspace\.working_dir: .*out of the worktree/),
    });
    expect(await project.worktrees()).toEqual([]);
  });
});

describe("what lies under the names of a worktree", () => {
  it("is replaced when an earlier attempt left it", async () => {
    const project = await openProject();
    const path = join(project.root, ID, "project");
    await project.git("worktree", "add", "--quiet", "-b", `openhands/${ID}`, path);
    await project.git("worktree", "lock", path);
    await project.write(`worktrees/${ID}/project/left`, "over");
    await project.start(project.open(), { conversation_id: ID });
    expect(await project.exists(join(path, "left"))).toBe(false);
    expect(await project.worktrees()).toEqual([path]);
  });

  it("is replaced when it is a branch, and stays when the start fails", async () => {
    const project = await openProject();
    const bench = project.open();
    await project.git("checkout", "--quiet", "-b", `openhands/${ID}`);
    const old = await project.commit("old", { file: "old" });
    await project.git("checkout", "--quiet", "main");
    const policy = { llm: { model: "scripted" }, tools: [], security_policy_filename: "missing.md" };
    await expect(project.start(bench, { conversation_id: ID, agent: policy })).rejects.toThrow();
    expect(await project.git("rev-parse", `openhands/${ID}`)).toBe(old);
    const { path } = await project.start(bench, { conversation_id: ID });
    expect(await readFile(join(path, "file"), "utf8")).toBe("1");
  });

  it("stays when it is a branch that is checked out elsewhere", async () => {
    const project = await openProject();
    await project.git("checkout", "--quiet", "-b", `openhands/${ID}`);
    await expect(project.start(project.open(), { conversation_id: ID })).rejects.toMatchObject({
      code: "unprocessable",
      detail: `worktree_options.branch_prefix: openhands/${ID} is checked out in ${project.repo}`,
    });
    expect(await project.git("symbolic-ref", "--short", "HEAD")).toBe(`openhands/${ID}`);
  });

  it("stays when it is a folder of something else, or a link", async () => {
    const project = await openProject();
    const bench = project.open();
    const refusal = { detail: expect.stringMatching(/^worktree: .*is in the way/) };
    await project.write(`worktrees/${ID}/project/thesis.txt`, "precious");
    await expect(project.start(bench, { conversation_id: ID })).rejects.toMatchObject(refusal);
    expect(await project.exists(join(project.root, ID, "project/thesis.txt"))).toBe(true);
    const other = "0a0b0c0d-0001-4000-8000-00000000000b";
    await mkdir(join(project.root, other));
    await mkdir(join(project.folder, "target"));
    await symlink(join(project.folder, "target"), join(project.root, other, "project"));
    await expect(project.start(bench, { conversation_id: other })).rejects.toMatchObject(refusal);
    expect(await project.branches()).toEqual(["main"]);
  });

  it("stays when another conversation works in it", async () => {
    const project = await openProject();
    const bench = project.open();
    const { path } = await project.start(bench, { conversation_id: ID });
    await project.start(bench, { worktree: false, workspace: { working_dir: path } });
    await bench.manager.delete(ID);
    await expect(project.start(bench, { conversation_id: ID })).rejects.toMatchObject({
      detail: `worktree: another conversation works in ${join(project.root, ID)}`,
    });
    expect(await project.exists(path)).toBe(true);
  });

  it("is no root of another user, or behind a link", async () => {
    const project = await openProject();
    await mkdir(join(project.folder, "elsewhere"));
    await symlink(join(project.folder, "elsewhere"), project.root);
    await expect(project.start(project.open())).rejects.toMatchObject({
      detail: expect.stringMatching(/^worktree: .*is a link/),
    });
  });
});
