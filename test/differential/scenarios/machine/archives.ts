import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../../client.ts";
import { finish, type Scenario, think } from "../../scenario.ts";
import { commit, git, query, repository, write } from "./folders.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";

function archive(client: Client, fields: Record<string, string | string[]>): Promise<void> {
  return client.bytes({ method: "GET", path: `/api/file/archive${query(fields)}` });
}

/** Applies a patch to its base, or to nothing, and notes the name of the tree that it makes. */
async function noteTree(client: Client, fields: Record<string, string>, base?: string): Promise<void> {
  const path = `/api/file/archive${query(fields)}`;
  const { body } = await client.quietly({ method: "GET", path });
  const folder = await mkdtemp(join(tmpdir(), "agent-server-applied-"));
  try {
    await git(folder, "init", "-q");
    if (base !== undefined) {
      await git(folder, "fetch", "-q", fields.path ?? "", "HEAD");
      await git(folder, "checkout", "-q", "--detach", base);
    }
    await writeFile(join(folder, ".git/patch"), String(body));
    await git(folder, "apply", "--index", ".git/patch");
    client.noted.push({ call: `the tree of ${path}`, tree: await git(folder, "write-tree") });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const FILES = {
  "kept.txt": "kept\n",
  "deep/er/file.txt": "deep\n",
  "deep/build/out.o": "built\n",
  build: "a file of that name\n",
  "node_modules/m/index.js": "module\n",
  "cache/x.pyc": "compiled",
  "two words.txt": "words\n",
};

export const archiveScenarios: Scenario[] = [
  {
    name: "archives: of a folder",
    script: [],
    drive: async (client, { workspace }) => {
      const path = join(workspace, "plain");
      await write(path, FILES);
      await symlink("kept.txt", join(path, "link"));
      await archive(client, { path, format: "tar.gz" });
      await archive(client, { path, format: "tar.gz", use_default_excludes: "false" });
      await archive(client, { path, format: "tar.gz", exclude: ["deep/er/", "*.txt"] });
      await archive(client, { path, format: "tar.gz", exclude: ["deep/*", "kept.txt/"] });
      await archive(client, { path: join(path, "deep"), format: "tar.gz" });
    },
  },
  {
    name: "archives: of a repository",
    script: [],
    drive: async (client, { workspace }) => {
      const path = await repository(join(workspace, "repo"));
      await git(path, "remote", "add", "origin", "https://user:token@example.org/a b/r.git");
      await write(path, { ...FILES, ".gitignore": "ignored\n" });
      const first = await commit(path, "One");
      await write(path, {
        "kept.txt": "changed\n",
        "new.txt": "new\n",
        ignored: "x",
        "bytes.bin": Buffer.of(0, 1, 2),
      });
      await git(path, "rm", "-q", "--cached", "two words.txt");
      await git(path, "mv", "deep/er/file.txt", "deep/moved.txt");
      await archive(client, { path });
      await archive(client, { path, format: "git-delta", base_ref: "HEAD" });
      await archive(client, { path, base_ref: first.slice(0, 8), exclude: "*.bin" });
      await archive(client, { path, base_ref: "HEAD", use_default_excludes: "false" });
      await archive(client, { path: workspace, base_ref: "HEAD" });
      await archive(client, { path: join(path, "deep"), base_ref: "HEAD" });
      await noteTree(client, { path });
      await noteTree(client, { path, base_ref: "HEAD" }, first);
      await archive(client, { path, format: "tar.gz" });
      await git(path, "checkout", "-q", "--detach");
      await archive(client, { path, format: "tar.gz", exclude: "*" });
    },
  },
  {
    name: "archives: that are refused",
    script: [],
    drive: async (client, { workspace }) => {
      const plain = join(workspace, "plain");
      await write(plain, { file: "x" });
      const one = await repository(join(workspace, "several/one"));
      await commit(one, "One");
      await commit(await repository(join(workspace, "several/two")), "Two");
      for (const path of ["relative", "", join(workspace, "missing"), join(plain, "file")]) {
        await archive(client, { path });
        await archive(client, { path, format: "tar.gz" });
      }
      await archive(client, { path: plain });
      await archive(client, { path: join(workspace, "several") });
      await archive(client, { path: one, base_ref: "-x" });
      await archive(client, { path: one, base_ref: "nowhere" });
      await archive(client, { path: one, format: "zip" });
      await archive(client, { path: one, format: "" });
      await archive(client, { path: one, use_default_excludes: "perhaps" });
      await client.bytes({ method: "GET", path: "/api/file/archive" });
      await client.bytes({ method: "POST", path: `/api/file/archive${query({ path: one })}` });
    },
  },
  {
    name: "archives: of a conversation",
    script: [think("a"), finish],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.ask("GET", "/api/file/download-trajectory/nope");
      await client.ask("GET", `/api/file/download-trajectory/${UNKNOWN}`);
      await client.ask("POST", `/api/file/download-trajectory/${client.id}`);
      await client.bytes({ method: "GET", path: `/api/file/download-trajectory/${client.id}` });
    },
  },
];
