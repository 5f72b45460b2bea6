import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer as createSocket } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytesOf, openArchiveBench } from "./archive-bench.ts";

const run = promisify(execFile);

describe("an archive of files", () => {
  it("holds the files and folders with their permissions, and says what was taken", async () => {
    const { repo, archive, unpacked, write } = await openArchiveBench();
    await write("run.sh", "#!/bin/sh\n");
    await chmod(`${repo}/run.sh`, 0o755);
    await write("deep/er/file", "text");
    await mkdir(`${repo}/empty`);
    const response = await archive({ format: "tar.gz", exclude: "er" });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/gzip",
      "content-disposition": 'attachment; filename="repo.tar.gz"',
      "x-archive-repo-root": encodeURIComponent(repo),
    });
    const { names, into } = await unpacked(response);
    expect(names).toEqual([
      "repo/",
      "repo/archive_manifest.json",
      "repo/deep/",
      "repo/empty/",
      "repo/run.sh",
    ]);
    expect((await stat(`${into}/repo/run.sh`)).mode & 0o777).toBe(0o755);
    const manifest = JSON.parse(await readFile(`${into}/repo/archive_manifest.json`, "utf8"));
    expect(manifest).toMatchObject({ format: "tar.gz", source: "repo", file_count: 1, total_bytes: 10 });
    expect(manifest.excludes).toContain("node_modules/");
    expect(manifest.excludes).toContain("er");
  });

  it("leaves out links, pipes and sockets", async () => {
    const { repo, folder, archive, unpacked, write } = await openArchiveBench();
    await write("file", "1");
    await writeFile(`${folder}/secret`, "secret");
    await symlink(`${folder}/secret`, `${repo}/link`);
    await symlink(folder, `${repo}/folder-link`);
    await run("mkfifo", [`${repo}/pipe`]);
    const socket = createSocket().listen(`${repo}/socket`);
    onTestFinished(() => void socket.close());
    const { names } = await unpacked(await archive({ format: "tar.gz" }));
    expect(names).toEqual(["repo/", "repo/archive_manifest.json", "repo/file"]);
  });

  it("holds files whatever their names", async () => {
    const { repo, archive, unpacked, write } = await openArchiveBench();
    const names = [
      "-dash",
      "line\nbreak",
      "a b",
      "ünï",
      "back\\slash",
      "l".repeat(250),
      `${"d".repeat(120)}/${"e".repeat(200)}`,
    ];
    for (const name of names) await write(name, name);
    // One name is not UTF-8: no text can name it, so it is left out.
    await writeFile(Buffer.concat([Buffer.from(`${repo}/`), Buffer.from([0xff])]), "1");
    const { into } = await unpacked(await archive({ format: "tar.gz" }));
    for (const name of names) expect(await readFile(`${into}/repo/${name}`, "utf8")).toBe(name);
    expect((await readdir(`${into}/repo`)).length).toBe(names.length + 1);
  });

  it("keeps the manifest of the user", async () => {
    const { archive, unpacked, write } = await openArchiveBench();
    await write("archive_manifest.json", "mine");
    const { into } = await unpacked(await archive({ format: "tar.gz" }));
    expect(await readFile(`${into}/repo/archive_manifest.json`, "utf8")).toBe("mine");
  });

  it("never holds what git keeps of credentials, below a `.git` folder too", async () => {
    const { repo, archive, unpacked, write, commit, git } = await openArchiveBench();
    await git("remote", "add", "origin", "https://user:token@example.org/r.git?key=1");
    await write("file", "1");
    await commit();
    await write(".git/modules/sub/config", "token");
    const everything = { format: "tar.gz", use_default_excludes: "false" };
    const response = await archive(everything);
    expect(decodeURIComponent(response.headers.get("x-archive-repo-remote") ?? "")).toBe(
      "https://****@example.org/r.git",
    );
    const { names } = await unpacked(response);
    expect(names).toContain("repo/.git/HEAD");
    expect(names.filter((name) => /config|logs|FETCH_HEAD/.test(name))).toEqual([]);
    const inside = await unpacked(await archive({ ...everything, path: `${repo}/.git` }));
    expect(inside.names).toContain(".git/HEAD");
    expect(inside.names).not.toContain(".git/config");
  });

  it("is that of the only repository in a folder, and of the folder when there are two", async () => {
    const { folder, archive, unpacked, write } = await openArchiveBench();
    await mkdir(`${folder}/base/group`, { recursive: true });
    await writeFile(`${folder}/base/beside`, "1");
    await run("git", ["init", "--quiet", `${folder}/base/group/one`]);
    await write("file", "1");
    const path = `${folder}/base`;
    const one = await unpacked(await archive({ format: "tar.gz", path }));
    expect(one.names).toEqual(["one/", "one/archive_manifest.json"]);
    await run("git", ["init", "--quiet", `${folder}/base/two`]);
    const both = await unpacked(await archive({ format: "tar.gz", path }));
    expect(both.names).toContain("base/beside");
  });

  it("is whole when a file grows, shrinks or vanishes while it is sent", async () => {
    const { repo, archive, unpacked, write } = await openArchiveBench();
    const size = 24 * 1024 * 1024;
    const noise = new Uint8Array(size).map((_, at) => (at * 2654435761) >>> 13);
    for (const name of ["a", "b", "c", "d"]) await write(name, noise);
    const response = await archive({ format: "tar.gz" });
    const reader = response.body?.getReader();
    const pieces = [(await reader?.read())?.value ?? new Uint8Array()];
    await writeFile(`${repo}/b`, "short");
    await rm(`${repo}/c`);
    await writeFile(`${repo}/d`, new Uint8Array(size + 10));
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (value !== undefined) pieces.push(value);
      if (done) break;
    }
    const { names } = await unpacked(new Response(Buffer.concat(pieces)));
    expect(names).toContain("repo/archive_manifest.json");
    expect(names).not.toContain("repo/c");
  });

  it("refuses a folder that is too deep, in words", async () => {
    const { folder, archive } = await openArchiveBench();
    await mkdir(`${folder}/deep/${"d/".repeat(300)}`, { recursive: true });
    const response = await archive({ format: "tar.gz", path: `${folder}/deep` });
    expect(response.status).toBe(422);
    expect(((await response.json()) as { detail: string }).detail).toContain("more than 200 levels deep");
  });
});

describe("a patch of a repository", () => {
  it("leads from the base to the files, in a clone", async () => {
    const { repo, archive, write, commit, replayed } = await openArchiveBench();
    await write("changed", "1\n");
    await write("deleted", "1\n");
    await write(".gitignore", "ignored\n");
    const base = await commit();
    await write("changed", "2\n");
    await write("new/file", "without a line break");
    await write("binary", new Uint8Array([0, 1, 2, 255]));
    await write("line\nbreak", "1");
    await write("ignored", "1");
    await rm(`${repo}/deleted`);
    const response = await archive({ base_ref: "HEAD" });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/x-patch",
      "content-disposition": 'attachment; filename="repo.patch"',
      "x-archive-branch": "main",
      "x-archive-head-commit": base,
      "x-archive-base-commit": base,
      "x-archive-base-ref": "HEAD",
    });
    const clone = await replayed(await bytesOf(response), base);
    expect((await readdir(clone)).sort()).toEqual([
      ".git",
      ".gitignore",
      "binary",
      "changed",
      "line\nbreak",
      "new",
    ]);
    expect(await readFile(`${clone}/changed`, "utf8")).toBe("2\n");
    expect(await readFile(`${clone}/new/file`, "utf8")).toBe("without a line break");
    expect(new Uint8Array(await readFile(`${clone}/binary`))).toEqual(new Uint8Array([0, 1, 2, 255]));
  });

  it("is made against what `origin` has, else against nothing", async () => {
    const { folder, archive, write, commit, git, replayed } = await openArchiveBench();
    await write("file", "1\n");
    const pushed = await commit();
    const fresh = await archive();
    expect(fresh.headers.get("x-archive-base-commit")).toBeNull();
    expect(await readdir(await replayed(await bytesOf(fresh), null))).toContain("file");
    await run("git", ["init", "--quiet", "--bare", `${folder}/origin`]);
    await git("remote", "add", "origin", `${folder}/origin`);
    await git("push", "--quiet", "origin", "main");
    await git("switch", "--quiet", "--create", "topic");
    await write("file", "2\n");
    const head = await commit();
    const topic = await archive();
    expect(topic.headers.get("x-archive-base-commit")).toBe(pushed);
    expect(topic.headers.get("x-archive-base-ref")).toBe("auto");
    expect(await readFile(`${await replayed(await bytesOf(topic), pushed)}/file`, "utf8")).toBe("2\n");
    await git("checkout", "--quiet", "--detach");
    const detached = await archive();
    expect(detached.headers.get("x-archive-base-commit")).toBe(head);
    expect(detached.headers.get("x-archive-branch")).toBe("DETACHED");
    expect(await detached.text()).toBe("");
  });

  it("writes nothing into the repository and leaves nothing behind", async () => {
    const { repo, archive, write, commit, git } = await openArchiveBench();
    await write("file", "1");
    await commit();
    await git("config", "core.splitIndex", "true");
    await write("staged", "1");
    await git("add", "staged");
    await write("new", "1");
    // Without times: git marks objects that it finds as still in use.
    const before = await run("find", [`${repo}/.git`, "-printf", "%p %s\n"]);
    expect(await (await archive({ base_ref: "HEAD" })).text()).toContain("b/new");
    const after = await run("find", [`${repo}/.git`, "-printf", "%p %s\n"]);
    expect(after.stdout).toBe(before.stdout);
    expect(await git("status", "--porcelain")).toBe("A  staged\n?? new");
  });

  it("starts no program of the repository, and does not depend on its settings", async () => {
    const { folder, archive, write, commit, git, replayed } = await openArchiveBench();
    await write("file", "1\n");
    await write(".gitattributes", "* filter=evil diff=evil\n");
    const base = await commit();
    const evil = `touch ${folder}/ran; cat`;
    for (const key of [
      "filter.evil.clean",
      "diff.evil.command",
      "diff.evil.textconv",
      "diff.external",
      "core.fsmonitor",
    ]) {
      await git("config", key, evil);
    }
    await git("config", "diff.noprefix", "true");
    await git("config", "color.ui", "always");
    await git("config", "diff.context", "0");
    await write("file", "2\n");
    const clone = await replayed(await bytesOf(await archive({ base_ref: "HEAD" })), base);
    expect(await readFile(`${clone}/file`, "utf8")).toBe("2\n");
    expect(await readdir(folder)).not.toContain("ran");
  });

  it("of a sparse checkout deletes nothing that is not checked out", async () => {
    const { archive, write, commit, git } = await openArchiveBench();
    await write("in/file", "1\n");
    await write("out/file", "1\n");
    await commit();
    await git("sparse-checkout", "set", "in");
    await write("in/file", "2\n");
    const patch = await (await archive({ base_ref: "HEAD" })).text();
    expect(patch).toContain("in/file");
    expect(patch).not.toContain("out/file");
  });

  it("of a folder in a repository is that of the folder", async () => {
    const { repo, archive, write, commit } = await openArchiveBench();
    await write("sub/a", "1\n");
    await write("top", "1\n");
    await commit();
    await write("sub/a", "2\n");
    await write("top", "2\n");
    const patch = await (await archive({ path: `${repo}/sub`, base_ref: "HEAD" })).text();
    expect(patch).toContain("b/sub/a");
    expect(patch).not.toContain("top");
  });

  it("leaves out what is excluded, tracked or not, but no file with the name of a folder", async () => {
    const { archive, write, commit, repo } = await openArchiveBench();
    await write("src/build", "1\n");
    await write("dist/tracked", "1\n");
    await commit();
    await write("src/build", "2\n");
    await write("dist/tracked", "2\n");
    await write("node_modules/x/y", "1\n");
    await write("secrets/prod/key", "1\n");
    await write("other/secrets/prod/key", "1\n");
    const patch = await (await archive({ base_ref: "HEAD", exclude: ["secrets/prod"] })).text();
    expect(patch.match(/^diff .*$/gm)).toEqual([
      "diff --git a/other/secrets/prod/key b/other/secrets/prod/key",
      "diff --git a/src/build b/src/build",
    ]);
    expect(await readdir(repo)).toContain("node_modules");
  });

  it("that git cannot make says why, and nothing is left behind", async () => {
    const { repo, archive } = await openArchiveBench();
    await run("git", ["init", "--quiet", `${repo}/inner`]);
    await writeFile(`${repo}/inner/file`, "1");
    const response = await archive();
    expect(response.status).toBe(500);
    expect(JSON.stringify(await response.json())).toContain("does not have a commit checked out");
  });
});

describe("a request for an archive", () => {
  it("that cannot be met is refused in the words of the protocol", async () => {
    const { folder, repo, archive, write } = await openArchiveBench();
    await write("file", "1");
    await mkdir(`${folder}/plain`);
    const cases: [Record<string, string>, number, string][] = [
      [{ path: "relative" }, 400, "Path must be absolute"],
      [{ path: `${folder}/missing` }, 404, "Directory not found"],
      [{ path: `${repo}/file` }, 400, "Path is not a directory"],
      [{ base_ref: "--output=/tmp/x" }, 400, "base_ref must not start with '-'"],
      [{ base_ref: "nowhere" }, 400, "base_ref 'nowhere' could not be resolved"],
      [{ path: `${folder}/plain` }, 400, `Not a git repository: ${folder}/plain`],
      [{ exclude: "../x" }, 400, "exclude '../x' must be a pattern without '.' and '..' between slashes"],
    ];
    for (const [query, status, detail] of cases) {
      const response = await archive(query);
      expect([response.status, await response.json()]).toEqual([status, { detail }]);
    }
    expect((await archive({ format: "zip" })).status).toBe(422);
  });

  it("of a conversation must stay in its folder", async () => {
    const { folder, archive, start, unpacked } = await openArchiveBench();
    await mkdir(`${folder}/project`);
    await writeFile(`${folder}/project/file`, "1");
    const prefix = `/api/conversations/${await start(`${folder}/project`)}`;
    const outside = await archive({ format: "tar.gz", path: folder }, prefix);
    expect(outside.status).toBe(422);
    const inside = await archive({ format: "tar.gz", path: `${folder}/project` }, prefix);
    expect((await unpacked(inside)).names).toContain("project/file");
  });

  it("whose client leaves ends the work", async () => {
    const { archive, write } = await openArchiveBench();
    await write(
      "large",
      new Uint8Array(40 * 1024 * 1024).map((_, at) => (at * 2654435761) >>> 13),
    );
    for (const format of ["tar.gz", "git-delta"]) {
      const before = await scratches();
      const response = await archive({ format });
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      await expect.poll(scratches).toEqual(before);
      await expect.poll(() => openFiles("large")).toBe(0);
    }
  });
});

async function scratches(): Promise<string[]> {
  const names = await readdir(process.env.TMPDIR ?? "/tmp");
  return names.filter((name) => name.startsWith("agent-server-archive-"));
}

/** Descriptors of this process on files of a name. */
async function openFiles(name: string): Promise<number> {
  const { stdout } = await run("ls", ["-l", `/proc/${process.pid}/fd`]);
  return stdout.split("\n").filter((line) => line.endsWith(`/${name}`)).length;
}
