import { chmod, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../../client.ts";
import type { Scenario } from "../../scenario.ts";
import { commit, git, query, repository, write } from "./folders.ts";

type Fields = Record<string, string>;

const UNKNOWN = "0123456789abcdef0123456789abcdef01234567";

function asker(client: Client) {
  const ask = (path: string, fields: Fields) => client.ask("GET", `/api/git/${path}${query(fields)}`);
  return {
    changes: (fields: Fields) => ask("changes", fields),
    diff: (fields: Fields) => ask("diff", fields),
    commits: (fields: Fields) => ask("commits", fields),
    changesOf: (sha: string, fields: Fields) => ask(`commits/${sha}/changes`, fields),
  };
}

/** A repository with two commits and one of every change to its working tree. */
async function changed(workspace: string): Promise<{ path: string; first: string; second: string }> {
  const path = await repository(join(workspace, "repo"));
  await write(path, {
    "a.txt": "a\n",
    "gone.txt": "gone\n",
    "old.txt": "a text that is long enough\n".repeat(9),
  });
  await write(path, { "sub/inner.txt": "inner\n", ".gitignore": "*.log\n", "run.sh": "true\n" });
  await write(path, { "bytes.bin": Buffer.of(0, 1, 2, 255), "staged.txt": "one\n" });
  const first = await commit(path, "First\n\nIts body.");
  await write(path, { "a.txt": "a\nb\n", "second.txt": "2\n" });
  const second = await commit(path, 'Second "quoted" | ünï');
  await write(path, {
    "a.txt": "a\nb\nc\n",
    "sub/new.txt": "new\n",
    "x.log": "log\n",
    "staged.txt": "two\n",
  });
  await write(path, { "bytes.bin": Buffer.of(0, 3), "added.txt": "added\n" });
  await git(path, "add", "added.txt", "staged.txt");
  await git(path, "mv", "old.txt", "moved.txt");
  await rm(join(path, "gone.txt"));
  await chmod(join(path, "run.sh"), 0o755);
  return { path, first, second };
}

export const gitScenarios: Scenario[] = [
  {
    name: "git: changes of a working tree",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes } = asker(client);
      const { path, first } = await changed(workspace);
      await changes({ path });
      for (const ref of ["HEAD", "HEAD~1", "main", first, first.slice(0, 7), ""])
        await changes({ path, ref });
      for (const ref of ["nowhere", "-x", "--output=/tmp/x", "HEAD~9", UNKNOWN]) await changes({ path, ref });
      await changes({ path: join(path, "sub") });
      await changes({ path: join(path, "sub"), ref: first });
      await changes({ path: `${path}/` });
      await changes({ path: `${path}/sub/..` });
      await changes({ path: join(path, "a.txt") });
      await changes({ path: join(path, "missing") });
      await changes({ path: "/no/such/folder" });
      await changes({});
      await git(path, "reset", "-q", "--hard");
      await git(path, "clean", "-q", "-fd");
      await changes({ path });
    },
  },
  {
    name: "git: files before and after",
    script: [],
    drive: async (client, { workspace }) => {
      const { diff } = asker(client);
      const { path, first, second } = await changed(workspace);
      const names = [
        "a.txt",
        "gone.txt",
        "old.txt",
        "moved.txt",
        "sub/new.txt",
        "added.txt",
        "run.sh",
        "x.log",
      ];
      for (const name of [...names, "staged.txt", "sub/inner.txt"]) await diff({ path: join(path, name) });
      await diff({ path: join(path, "a.txt"), ref: "HEAD~1" });
      await diff({ path: join(path, "a.txt"), ref: first });
      await diff({ path: join(path, "second.txt"), ref: "HEAD~1" });
      await diff({ path: join(path, "a.txt"), ref: "nowhere" });
      await diff({ path: join(path, "a.txt"), ref: "" });
      await diff({ path: join(path, "a.txt"), commit: second });
      await diff({ path: join(path, "a.txt"), commit: first });
      await diff({ path: join(path, "second.txt"), commit: second.slice(0, 8) });
      await diff({ path: join(path, "sub/inner.txt"), commit: second });
      await diff({ path: join(path, "a.txt"), commit: UNKNOWN });
      await diff({ path: join(path, "a.txt"), ref: "HEAD", commit: second });
      for (const wrong of ["HEAD", "abc", "x".repeat(40), "a".repeat(65), ""]) {
        await diff({ path: join(path, "a.txt"), commit: wrong });
      }
      await diff({ path: join(path, "nowhere.txt") });
      await diff({ path: join(path, "no/where.txt") });
      await diff({});
      await write(workspace, { "outside.txt": "x" });
      await diff({ path: join(workspace, "outside.txt") });
      await diff({ path: join(workspace, "no-such-file.txt") });
      await diff({ path: join(workspace, "outside.txt"), commit: second });
    },
  },
  {
    name: "git: files that are no text, too large, or no files",
    script: [],
    drive: async (client, { workspace }) => {
      const { diff } = asker(client);
      const { path, second } = await changed(workspace);
      await diff({ path: join(path, "bytes.bin") });
      await diff({ path: join(path, "bytes.bin"), commit: second });
      await symlink("a.txt", join(path, "link.txt"));
      await diff({ path: join(path, "link.txt") });
      await diff({ path: join(path, "sub") });
      await diff({ path });
      await write(path, {
        "large.txt": "x".repeat(1_048_577),
        "fits.txt": "x".repeat(9),
        "crlf.txt": "a\r\nb\r\n",
      });
      await diff({ path: join(path, "large.txt") });
      await diff({ path: join(path, "fits.txt") });
      await diff({ path: join(path, "crlf.txt") });
    },
  },
  {
    name: "git: commits",
    script: [],
    drive: async (client, { workspace }) => {
      const { commits } = asker(client);
      const { path } = await changed(workspace);
      await commits({ path });
      for (const limit of ["1", "2", "200"]) await commits({ path, limit });
      for (const limit of ["0", "201", "x", "1.5", "-1", ""]) await commits({ path, limit });
      await commits({ path: join(path, "sub") });
      await commits({ path: join(path, "a.txt") });
      await commits({ path: join(path, "missing") });
      await commits({ path: workspace });
      await commits({});
      await commits({ path: await repository(join(workspace, "empty")) });
      await git(path, "checkout", "-q", "-f", "--detach", "HEAD~1");
      await commits({ path });
    },
  },
  {
    name: "git: changes of a commit",
    script: [],
    drive: async (client, { workspace }) => {
      const { changesOf } = asker(client);
      const { path, first, second } = await changed(workspace);
      const third = await commit(path, "Third: a rename and more");
      await git(path, "checkout", "-q", "-b", "side", second);
      await write(path, { "side.txt": "side\n" });
      await commit(path, "Side");
      await git(path, "checkout", "-q", "main");
      await git(path, "merge", "-q", "-m", "Merge", "side");
      const merge = await git(path, "rev-parse", "HEAD");
      for (const sha of [first, second, third, merge]) await changesOf(sha, { path });
      await changesOf(third.slice(0, 7), { path });
      await changesOf(third.toUpperCase(), { path });
      await changesOf(third, { path: join(path, "sub") });
      await changesOf(second, { path: join(path, "sub") });
      await changesOf(UNKNOWN, { path });
      await changesOf(await git(path, "rev-parse", "HEAD^{tree}"), { path });
      for (const wrong of ["HEAD", "abc", "x".repeat(40), "a".repeat(65), "-abcd"])
        await changesOf(wrong, { path });
      await changesOf(second, { path: workspace });
      await changesOf(second, { path: join(workspace, "missing") });
      await changesOf(second, {});
    },
  },
  {
    name: "git: a file that becomes a link",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes, changesOf, diff } = asker(client);
      const path = await repository(join(workspace, "repo"));
      await write(path, { "a.txt": "1\n", "type.txt": "file\n" });
      await commit(path, "A file");
      await rm(join(path, "type.txt"));
      await symlink("a.txt", join(path, "type.txt"));
      await changes({ path });
      await diff({ path: join(path, "type.txt") });
      await changesOf(await commit(path, "A link"), { path });
    },
  },
  {
    name: "git: what a branch is compared with",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes, diff } = asker(client);
      const origin = await repository(join(workspace, "origin"));
      await write(origin, { "base.txt": "base\n", "both.txt": "1\n" });
      await commit(origin, "Base");
      await git(workspace, "clone", "-q", "origin", "clone");
      const path = join(workspace, "clone");
      await changes({ path });
      await write(path, { "unpushed.txt": "x\n", "both.txt": "2\n" });
      await commit(path, "Not pushed");
      await changes({ path });
      await diff({ path: join(path, "both.txt") });
      await write(path, { "both.txt": "3\n", "untracked.txt": "x\n" });
      await changes({ path });
      await changes({ path, ref: "HEAD" });
      await git(path, "stash", "-q", "-u");
      await git(path, "checkout", "-q", "-b", "feature", "origin/main");
      await write(path, { "feature.txt": "x\n" });
      await commit(path, "Feature");
      await changes({ path });
      await git(path, "push", "-q", "origin", "feature");
      await changes({ path });
      await diff({ path: join(path, "feature.txt") });
      await git(path, "remote", "remove", "origin");
      await changes({ path });
      await git(path, "checkout", "-q", "--detach");
      await changes({ path });
      await git(path, "checkout", "-q", "-b", "later", "main");
      await write(path, { "later.txt": "x\n" });
      await commit(path, "Later");
      await changes({ path });
    },
  },
  {
    name: "git: repositories in repositories, and beside each other",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes, diff, commits } = asker(client);
      for (const name of ["one", "two"]) {
        const path = await repository(join(workspace, name));
        await write(path, { "file.txt": "1\n" });
        await commit(path, name);
        await write(path, { "file.txt": "2\n", "new.txt": "x\n" });
      }
      await mkdir(join(workspace, "plain"));
      await changes({ path: workspace });
      await changes({ path: join(workspace, "plain") });
      await diff({ path: join(workspace, "one/file.txt") });
      await commits({ path: workspace });
      const outer = await repository(join(workspace, "outer"));
      await write(outer, { "outer.txt": "1\n", ".gitignore": "inner/\n" });
      await commit(outer, "Outer");
      const inner = await repository(join(outer, "inner"));
      await write(inner, { "inner.txt": "1\n" });
      await commit(inner, "Inner");
      await write(inner, { "inner.txt": "2\n" });
      await write(outer, { "outer.txt": "2\n" });
      await changes({ path: outer });
      await changes({ path: inner });
      await diff({ path: join(inner, "inner.txt") });
    },
  },
  {
    name: "git: worktrees and submodules",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes, commits, diff } = asker(client);
      const library = await repository(join(workspace, "library"));
      await write(library, { "lib.txt": "1\n" });
      await commit(library, "Library");
      const path = await repository(join(workspace, "main"));
      await write(path, { "a.txt": "1\n" });
      await git(path, "submodule", "add", "-q", library, "lib");
      await commit(path, "With a library");
      await git(path, "worktree", "add", "-q", "-b", "work", join(workspace, "tree"));
      await write(workspace, { "tree/a.txt": "2\n", "tree/new.txt": "x\n", "main/lib/lib.txt": "2\n" });
      await changes({ path: join(workspace, "tree") });
      await diff({ path: join(workspace, "tree/a.txt") });
      await commits({ path: join(workspace, "tree") });
      await changes({ path });
      await changes({ path: join(path, "lib") });
      await diff({ path: join(path, "lib/lib.txt") });
      await commits({ path: join(path, "lib") });
      await commit(join(path, "lib"), "Moved on");
      await changes({ path });
    },
  },
  {
    name: "git: repositories without commits",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes, diff, changesOf } = asker(client);
      const path = await repository(join(workspace, "empty"));
      await changes({ path });
      await write(path, { "new.txt": "new\n", "sub/deep.txt": "x\n" });
      await changes({ path });
      await changes({ path, ref: "HEAD" });
      await changes({ path, ref: "nowhere" });
      await diff({ path: join(path, "new.txt") });
      await diff({ path: join(path, "new.txt"), ref: "HEAD" });
      await git(path, "add", "new.txt");
      await changes({ path });
      await changesOf(UNKNOWN, { path });
    },
  },
  {
    name: "git: names that are awkward",
    script: [],
    drive: async (client, { workspace }) => {
      const { changes, diff } = asker(client);
      const path = await repository(join(workspace, "repo"));
      const plain = ["-dash.txt", "star*.txt", ":colon.txt"];
      const others = ["ünï.txt", "two words.txt", 'quo"te.txt'];
      const names = [...plain, ...others];
      await write(path, Object.fromEntries(names.map((name) => [name, "1\n"])));
      await commit(path, "Names");
      for (const name of plain) await write(path, { [name]: "two\n" });
      await write(path, { "new words.txt": "x\n" });
      await changes({ path });
      for (const name of names) await diff({ path: join(path, name) });
      await write(path, { "ünï.txt": "two\n" });
      await changes({ path });
      await write(path, { "two words.txt": "two\n", 'quo"te.txt': "two\n" });
      await changes({ path });
      for (const name of others) await diff({ path: join(path, name) });
    },
  },
];
