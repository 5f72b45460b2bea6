import { execFile } from "node:child_process";
import { access, chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type MachineServer, openMachineServer } from "./machine-server.ts";

const run = promisify(execFile);

const AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];

interface Bench extends MachineServer {
  repo: string;
  git(...parameters: string[]): Promise<string>;
  commit(message: string): Promise<string>;
  write(name: string, text: string | Uint8Array): Promise<void>;
}

/** A server, and a repository on branch `main` with nothing in it. */
async function openRepository(): Promise<Bench> {
  const server = await openMachineServer();
  const repo = `${server.folder}/repo`;
  await run("git", ["init", "--quiet", "--initial-branch=main", repo]);
  const git = async (...parameters: string[]) =>
    (await run("git", ["-C", repo, ...AUTHOR, ...parameters])).stdout.trim();
  return {
    ...server,
    repo,
    git,
    async commit(message) {
      await git("add", "--all");
      await git("commit", "--quiet", "--message", message);
      return git("rev-parse", "HEAD");
    },
    write: (name, text) => writeFile(`${repo}/${name}`, text),
  };
}

describe("the changes of a repository", () => {
  it("are what was added, changed and deleted since the work began, ignored files left out", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("kept", "1");
    await write("changed", "1");
    await write("deleted", "1");
    await write(".gitignore", "ignored\n");
    await commit("first");
    await write("changed", "2");
    await write("new", "1");
    await write("ignored", "1");
    await rm(`${repo}/deleted`);
    expect(await get("/api/git/changes", { path: repo })).toMatchObject({
      status: 200,
      body: [
        { status: "UPDATED", path: "changed" },
        { status: "DELETED", path: "deleted" },
        { status: "ADDED", path: "new" },
      ],
    });
  });

  it("show a rename as a deleted and an added file", async () => {
    const { get, repo, write, commit, git } = await openRepository();
    await write("old", "the same text\n".repeat(9));
    await commit("first");
    await git("mv", "old", "renamed");
    const { body } = await get("/api/git/changes", { path: repo });
    expect(body).toEqual([
      { status: "DELETED", path: "old" },
      { status: "ADDED", path: "renamed" },
    ]);
  });

  it("name files as they are called, whatever their names", async () => {
    const { get, repo, write, commit } = await openRepository();
    const names = ["a b", 'quo"te', "line\nbreak", "-dash", "tab\tstop", "ünï", ":(glob)*", "back\\slash"];
    for (const name of names) await write(name, "1");
    await commit("first");
    for (const name of names) await write(name, "2");
    const { body } = await get("/api/git/changes", { path: repo });
    expect(body).toEqual(names.toSorted().map((path) => ({ status: "UPDATED", path })));
    for (const name of names) {
      const diff = await get("/api/git/diff", { path: `${repo}/${name}` });
      expect(diff.body, name).toEqual({ modified: "2", original: "1" });
    }
  });

  it("since a given commit are measured from there, and an unknown one is refused", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("file", "1");
    const first = await commit("first");
    await write("other", "1");
    await commit("second");
    expect((await get("/api/git/changes", { path: repo, ref: first })).body).toEqual([
      { status: "ADDED", path: "other" },
    ]);
    expect((await get("/api/git/changes", { path: repo, ref: "HEAD" })).body).toEqual([]);
    for (const ref of ["nowhere", "--output=/tmp/x", "-h"]) {
      expect(await get("/api/git/changes", { path: repo, ref })).toMatchObject({
        status: 400,
        body: { detail: `'${ref}' is not a commit of this repository` },
      });
    }
  });

  it("without a commit are all files, for `HEAD` as well", async () => {
    const { get, repo, write } = await openRepository();
    await write("file", "1");
    for (const ref of [undefined, "HEAD"]) {
      expect((await get("/api/git/changes", { path: repo, ...(ref && { ref }) })).body).toEqual([
        { status: "ADDED", path: "file" },
      ]);
    }
  });

  it("of a branch are its work: what was committed since it left main", async () => {
    const { get, repo, write, commit, git } = await openRepository();
    await write("base", "1");
    await commit("first");
    await git("switch", "--quiet", "--create", "topic");
    await write("topic", "1");
    await commit("second");
    expect((await get("/api/git/changes", { path: repo })).body).toEqual([
      { status: "ADDED", path: "topic" },
    ]);
  });

  it("of a branch that is pushed whole stay visible", async () => {
    const { get, repo, write, commit, git, folder } = await openRepository();
    await write("base", "1");
    await commit("first");
    await run("git", ["init", "--quiet", "--bare", `${folder}/origin`]);
    await git("remote", "add", "origin", `${folder}/origin`);
    await git("push", "--quiet", "origin", "main");
    await git("switch", "--quiet", "--create", "topic");
    await write("topic", "1");
    await commit("second");
    await git("push", "--quiet", "origin", "topic");
    const topic = { status: "ADDED", path: "topic" };
    expect((await get("/api/git/changes", { path: repo })).body).toEqual([topic]);
    await write("topic", "2");
    expect((await get("/api/git/changes", { path: repo })).body).toEqual([
      { status: "UPDATED", path: "topic" },
    ]);
  });

  it("of a sub-folder are named from there", async () => {
    const { get, repo, write, commit } = await openRepository();
    await mkdir(`${repo}/sub`);
    await write("sub/a", "1");
    await write("top", "1");
    await commit("first");
    await write("sub/a", "2");
    await write("sub/b", "1");
    await write("top", "2");
    expect((await get("/api/git/changes", { path: `${repo}/sub` })).body).toEqual([
      { status: "UPDATED", path: "a" },
      { status: "ADDED", path: "b" },
    ]);
  });

  it("include those of repositories one level below, once", async () => {
    const { get, repo, write } = await openRepository();
    await run("git", ["init", "--quiet", `${repo}/inner`]);
    await write("inner/file", "1");
    await write("inner-too", "1");
    expect((await get("/api/git/changes", { path: repo })).body).toEqual([
      { status: "ADDED", path: "inner-too" },
      { status: "ADDED", path: "inner/file" },
    ]);
  });

  it("do not include those of a repository that a link leads to", async () => {
    const { get, repo, folder } = await openRepository();
    await run("git", ["init", "--quiet", `${folder}/private`]);
    await writeFile(`${folder}/private/secret-name`, "1");
    await symlink(`${folder}/private`, `${repo}/link`);
    expect((await get("/api/git/changes", { path: repo })).body).toEqual([{ status: "ADDED", path: "link" }]);
  });

  it("of a folder that is missing or in no repository are none", async () => {
    const { get, folder } = await openRepository();
    for (const path of [`${folder}/missing`, folder.concat("/conversations")]) {
      expect(await get("/api/git/changes", { path })).toMatchObject({ status: 200, body: [] });
    }
  });

  it("in a worktree and with a submodule are read like others", async () => {
    const { get, repo, write, commit, git, folder } = await openRepository();
    await write("file", "1");
    await commit("first");
    await run("git", ["clone", "--quiet", repo, `${folder}/library`]);
    await git(
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "add",
      "--quiet",
      `${folder}/library`,
      "library",
    );
    await commit("submodule");
    await git("worktree", "add", "--quiet", "-b", "side", `${folder}/side`);
    await writeFile(`${folder}/side/file`, "2");
    await writeFile(`${repo}/library/file`, "2");
    expect((await get("/api/git/changes", { path: `${folder}/side` })).body).toEqual([
      { status: "UPDATED", path: "file" },
    ]);
    expect((await get("/api/git/changes", { path: repo })).body).toEqual([
      { status: "UPDATED", path: "library/file" },
    ]);
  });

  it("are cut off at a bound, and the answer says so", async () => {
    const { get, repo, git } = await openRepository();
    const empty = await git("hash-object", "-w", "/dev/null");
    const entry = String.raw`printf '100644 %s\tfile-%s\n' ${empty}`;
    // In the history alone: making so many files would take the longest part of a minute.
    const script = `for n in $(seq 50010); do ${entry} $n; done | git update-index --index-info`;
    await run("sh", ["-c", script], { cwd: repo });
    await git("commit", "--quiet", "--message", "many");
    const { body, headers } = await get("/api/git/changes", { path: repo });
    expect(body).toHaveLength(50_000);
    expect(headers.get("x-truncated")).toBe("true");
  });
});

describe("the two sides of a file", () => {
  it("have `\\n` between their lines and none at the end", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("file", "  one\r\ntwo\n");
    await commit("first");
    await write("file", "one\ntwo\n\n");
    expect((await get("/api/git/diff", { path: `${repo}/file` })).body).toEqual({
      original: "  one\ntwo",
      modified: "one\ntwo\n",
    });
  });

  it("of a new and of a deleted file are empty on one side", async () => {
    const { get, repo, write, commit } = await openRepository();
    await mkdir(`${repo}/gone/deep`, { recursive: true });
    await write("gone/deep/file", "old");
    await commit("first");
    await rm(`${repo}/gone`, { recursive: true });
    await write("new", "new");
    expect((await get("/api/git/diff", { path: `${repo}/new` })).body).toEqual({
      original: "",
      modified: "new",
    });
    expect((await get("/api/git/diff", { path: `${repo}/gone/deep/file` })).body).toEqual({
      original: "old",
      modified: "",
    });
  });

  it("of a commit come from git alone, so that a file deleted since is still shown", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("file", "1");
    const first = await commit("first");
    await write("file", "2");
    const second = await commit("second");
    await rm(`${repo}/file`);
    const path = `${repo}/file`;
    expect((await get("/api/git/diff", { path, commit: second.slice(0, 7) })).body).toEqual({
      original: "1",
      modified: "2",
    });
    expect((await get("/api/git/diff", { path, commit: first })).body).toEqual({
      original: "",
      modified: "1",
    });
  });

  it("are empty where the bytes are no text", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("zeros", new Uint8Array([1, 0, 2]));
    await write("latin", new Uint8Array([0xe4, 0xf6]));
    await write("mark", "a legitimate \u{FFFD}");
    await commit("first");
    for (const [name, text] of [
      ["zeros", ""],
      ["latin", ""],
      ["mark", "a legitimate \u{FFFD}"],
    ]) {
      const { body } = await get("/api/git/diff", { path: `${repo}/${name}` });
      expect(body).toEqual({ original: text, modified: text });
    }
  });

  it("are null outside a repository, and refused where there is no such file", async () => {
    const { get, repo, folder } = await openRepository();
    await writeFile(`${folder}/alone`, "1");
    expect((await get("/api/git/diff", { path: `${folder}/alone` })).body).toEqual({
      original: null,
      modified: null,
    });
    for (const path of [`${repo}/missing`, `${folder}/missing`]) {
      expect(await get("/api/git/diff", { path })).toMatchObject({
        status: 400,
        body: { detail: `File does not exist: ${path}` },
      });
    }
  });

  it("are refused above one MiB on either side, for folders, and for `ref` together with `commit`", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("large", "x".repeat(1024 * 1024 + 1));
    await commit("first");
    const path = `${repo}/large`;
    const tooLarge = "File too large for git diff: 1048577 bytes (max: 1048576 bytes)";
    expect((await get("/api/git/diff", { path })).body).toEqual({ detail: tooLarge });
    await write("large", "small now");
    expect((await get("/api/git/diff", { path })).body).toEqual({ detail: tooLarge });
    expect((await get("/api/git/diff", { path: repo })).status).toBe(400);
    expect((await get("/api/git/diff", { path, ref: "HEAD", commit: "abcd" })).body).toEqual({
      detail: "'ref' and 'commit' are mutually exclusive",
    });
    expect((await get("/api/git/diff", { path, commit: "--help" })).status).toBe(422);
  });
});

describe("the commits of a repository", () => {
  it("are the newest ones, and say whether older ones follow", async () => {
    const { get, repo, write, commit } = await openRepository();
    const shas: string[] = [];
    for (const subject of ["first", "second: with \u{1f} and more", "third"]) {
      await write("file", subject);
      shas.unshift(await commit(subject));
    }
    const { body } = await get("/api/git/commits", { path: repo, limit: "2" });
    expect(body).toMatchObject({
      has_more: true,
      commits: [
        { sha: shas[0], subject: "third", author: "A" },
        { sha: shas[1], subject: "second: with   and more" },
      ],
    });
    expect(body).toHaveProperty(
      "commits.0.timestamp",
      expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d)$/),
    );
    expect(await get("/api/git/commits", { path: repo })).toMatchObject({ body: { has_more: false } });
  });

  it("are none outside a repository and before the first commit", async () => {
    const { get, repo, folder } = await openRepository();
    for (const path of [repo, `${folder}/missing`]) {
      expect((await get("/api/git/commits", { path })).body).toEqual({ commits: [], has_more: false });
    }
  });

  it("show the files each of them changed, the first one against nothing", async () => {
    const { get, repo, write, commit } = await openRepository();
    await write("a", "1");
    await write("b", "1");
    const first = await commit("first");
    await write("a", "2");
    await rename(`${repo}/b`, `${repo}/c d`);
    const second = await commit("second");
    expect((await get(`/api/git/commits/${first}/changes`, { path: repo })).body).toEqual([
      { status: "ADDED", path: "a" },
      { status: "ADDED", path: "b" },
    ]);
    expect((await get(`/api/git/commits/${second}/changes`, { path: repo })).body).toEqual([
      { status: "UPDATED", path: "a" },
      { status: "DELETED", path: "b" },
      { status: "ADDED", path: "c d" },
    ]);
    expect(await get("/api/git/commits/abcdef0/changes", { path: repo })).toMatchObject({ status: 400 });
    expect(await get("/api/git/commits/xyz/changes", { path: repo })).toMatchObject({ status: 422 });
  });
});

describe("a repository that means harm", () => {
  it("starts none of its programs when it is read", async () => {
    const { get, repo, write, commit, git, folder } = await openRepository();
    const trap = `${folder}/trap`;
    await writeFile(trap, `#!/bin/sh\ntouch ${folder}/sprung\ncat\n`);
    await chmod(trap, 0o755);
    await write("file", "1");
    const first = await commit("first");
    await run("git", ["clone", "--quiet", repo, `${folder}/library`]);
    await git(
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "add",
      "--quiet",
      `${folder}/library`,
      "library",
    );
    await commit("second");
    await write(".gitattributes", "* filter=evil diff=evil\n");
    for (const where of [[], ["-C", `${repo}/library`]]) {
      for (const key of [
        ...["core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand", "diff.external"],
        ...["filter.evil.clean", "filter.evil.smudge", "filter.a=b c.process", "diff.evil.textconv"],
        ...["diff.evil.command", "gpg.program", "credential.helper", "core.askPass", "core.editor"],
      ]) {
        await git(...where, "config", key, trap);
      }
      await git(...where, "config", "log.showSignature", "true");
      await git(...where, "config", "filter.evil.required", "true");
      await git(...where, "config", "core.hooksPath", folder);
    }
    await writeFile(`${repo}/library/file`, "2");
    await write("file", "2");
    await rm(`${folder}/sprung`, { force: true });

    for (const path of [repo, `${repo}/library`]) {
      await get("/api/git/changes", { path });
      await get("/api/git/diff", { path: `${path}/file` });
      await get("/api/git/commits", { path });
      await get(`/api/git/commits/${first}/changes`, { path });
    }
    expect((await get("/api/git/changes", { path: repo })).body).toContainEqual({
      status: "UPDATED",
      path: "file",
    });
    await expect(access(`${folder}/sprung`)).rejects.toThrow();
  });

  it("whose filters cannot be switched off is not read", async () => {
    const { get, repo } = await openRepository();
    const configuration = Buffer.concat([
      Buffer.from('[filter "'),
      Buffer.from([0xff]),
      Buffer.from('"]\nclean = x\n'),
    ]);
    await writeFile(`${repo}/.git/config`, configuration, { flag: "a" });
    expect(await get("/api/git/changes", { path: repo, ref: "HEAD" })).toMatchObject({
      status: 400,
      body: { detail: "The configuration of the repository has filters that may not run" },
    });
  });
});

describe("the git routes of a conversation", () => {
  it("serve its working directory and nothing outside", async () => {
    const { get, repo, write, start, folder } = await openRepository();
    await write("file", "1");
    await symlink(folder, `${repo}/out`);
    const at = `/api/conversations/${await start(repo)}/git`;
    expect((await get(`${at}/changes`, { path: repo })).body).toContainEqual({
      status: "ADDED",
      path: "file",
    });
    for (const path of [folder, `${repo}/../other`, `${repo}/out/x`, "relative"]) {
      expect(await get(`${at}/changes`, { path }), path).toMatchObject({
        status: 422,
        body: { detail: "path must be inside the conversation workspace" },
      });
    }
  });

  it("know no conversation that does not exist, and no id that is none", async () => {
    const { get, repo } = await openRepository();
    const unknown = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";
    expect((await get(`/api/conversations/${unknown}/git/changes`, { path: repo })).status).toBe(404);
    expect(await get("/api/conversations/nonsense/git/changes", { path: repo })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ["path", "runtime_conversation_id"], type: "uuid_parsing" }] },
    });
  });
});
