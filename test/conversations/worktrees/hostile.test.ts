import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openProject, type Project } from "./open-project.ts";

/** A program that leaves a trace when it is started, and passes its input on. */
async function program(
  project: Project,
  name: string,
): Promise<{ path: string; hasRun(): Promise<boolean> }> {
  const path = join(project.folder, name);
  await project.write(name, `#!/bin/sh\ntouch ${path}.ran\nexec cat\n`);
  await chmod(path, 0o755);
  return { path, hasRun: () => project.exists(`${path}.ran`) };
}

describe("no program of the repository runs", () => {
  it.each(["post-checkout", "reference-transaction", "post-index-change"])("as the hook %s", async (hook) => {
    const project = await openProject();
    const { path, hasRun } = await program(project, "hook");
    const hooks = join(project.repo, ".git/hooks");
    await project.write(`project/.git/hooks/${hook}`, `#!/bin/sh\nexec ${path} </dev/null\n`);
    await chmod(join(hooks, hook), 0o755);
    await project.start(project.open());
    expect(await hasRun()).toBe(false);
  });

  it.each([
    [
      "of the repository",
      (project: Project, path: string) => project.git("config", "filter.evil.smudge", path),
    ],
    [
      "of the worktree's branch alone",
      async (project: Project, path: string) => {
        await project.write("included", `[filter "evil"]\n  smudge = ${path}\n  required = true\n`);
        await project.git("config", "includeIf.onbranch:openhands/**.path", join(project.folder, "included"));
      },
    ],
  ])("as a filter %s", async (_, configure) => {
    const project = await openProject();
    await project.commit("attributes", { ".gitattributes": "* filter=evil\n", file: "text" });
    const { path, hasRun } = await program(project, "filter");
    await configure(project, path);
    const started = await project.start(project.open());
    expect(await readFile(join(started.path, "file"), "utf8")).toBe("text");
    expect(await hasRun()).toBe(false);
  });

  it.each([
    ["core.sshCommand", "ssh://user@127.0.0.1:1/x"],
    ["credential.helper", "http://127.0.0.1:1/x"],
    ["remote.origin.uploadpack", "PROJECT"],
    ["core.alternateRefsCommand", "PROJECT"],
  ])("as %s, and origin is not asked", async (key, url) => {
    const project = await openProject();
    const { path, hasRun } = await program(project, "helper");
    await project.git("remote", "add", "origin", url === "PROJECT" ? project.repo : url);
    await project.git("config", key, path);
    const { warnings } = await project.start(project.open());
    expect(await hasRun()).toBe(false);
    expect(warnings[0]).toContain(`origin was not fetched (its configuration names ${key.toLowerCase()})`);
  });

  it("as the address of origin", async () => {
    const project = await openProject();
    const { path, hasRun } = await program(project, "remote");
    await project.git("remote", "add", "origin", `ext::${path}`);
    await project.git("config", "protocol.ext.allow", "always");
    const { warnings } = await project.start(project.open());
    expect(await hasRun()).toBe(false);
    expect(warnings[0]).toMatch(/^worktree: origin was not fetched \(.*'ext' not allowed/);
  });
});

it("the user's own filters write the files", async () => {
  const project = await openProject();
  await project.commit("attributes", { ".gitattributes": "file filter=upper\n", file: "text" });
  await project.write("home/.gitconfig", '[filter "upper"]\n  smudge = tr a-z A-Z\n  required = true\n');
  const { path } = await project.start(project.open());
  expect(await readFile(join(path, "file"), "utf8")).toBe("TEXT");
});

it("a repository cannot send the files elsewhere", async () => {
  const project = await openProject();
  await project.write("victim/file", "precious");
  await project.git("config", "extensions.worktreeConfig", "true");
  await project.git("config", "--worktree", "core.worktree", join(project.folder, "victim"));
  const bench = project.open();
  const working_dir = project.repo;
  await expect(project.start(bench, { workspace: { working_dir } })).rejects.toMatchObject({
    code: "unprocessable",
    detail: expect.stringMatching(/^worktree: the files of the repository lie in /),
  });
  expect(await readFile(join(project.folder, "victim/file"), "utf8")).toBe("precious");
});

it("names with blanks, quotes and dashes are taken as they are", async () => {
  const project = await openProject();
  const bench = project.open();
  const working_dir = join(project.folder, `-a "b' $(touch c)`);
  await project.git("clone", "--quiet", project.repo, working_dir);
  const { path } = await project.start(bench, { workspace: { working_dir } });
  expect(await readFile(join(path, "file"), "utf8")).toBe("1");
  for (const folder of [working_dir, path]) expect(await project.exists(join(folder, "c"))).toBe(false);
});
