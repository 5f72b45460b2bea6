import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { localWorkspace } from "../../../src/workspace/local/local-workspace.ts";
import { type Bench, type BenchOptions, openManager, startRequest } from "../open-manager.ts";

const run = promisify(execFile);

const AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];

export interface Project {
  /** Folder of everything below. */
  folder: string;
  /** A repository on branch `main`, whose only commit has `file` and `sub/inner`. */
  repo: string;
  /** Folder of the worktrees. */
  root: string;
  git(...parameters: string[]): Promise<string>;
  commit(message: string, files?: Record<string, string>): Promise<string>;
  /** Makes a file, by its path in the folder. */
  write(path: string, text: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** A manager whose agents work on this machine. */
  open(options?: BenchOptions): Bench;
  /** Starts a conversation in a worktree. */
  start(bench: Bench, fields?: Record<string, unknown>): Promise<Started>;
  branches(): Promise<string[]>;
  /** Paths of the working trees that the repository knows of, without its own. */
  worktrees(): Promise<string[]>;
}

export interface Started {
  id: string;
  /** The working directory. */
  path: string;
  warnings: readonly string[];
  info: Awaited<ReturnType<Bench["manager"]["create"]>>["info"];
}

/** A repository of its own, removed after the test. */
export async function openProject({ commits = true } = {}): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "agent-server-worktrees-")));
  const benches: Bench[] = [];
  onTestFinished(async () => {
    await Promise.all(benches.map(({ manager }) => manager.close()));
    await rm(folder, { recursive: true, force: true });
  });
  const repo = join(folder, "project");
  const root = join(folder, "worktrees");
  await mkdir(join(folder, "home"));
  await run("git", ["init", "--quiet", "--initial-branch=main", repo]);
  const git = async (...parameters: string[]) =>
    (await run("git", ["-C", repo, ...AUTHOR, ...parameters])).stdout.trim();
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const commit: Project["commit"] = async (message, files = {}) => {
    for (const [name, text] of Object.entries(files)) await write(`project/${name}`, text);
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message", message);
    return git("rev-parse", "HEAD");
  };
  if (commits) await commit("first", { file: "1", "sub/inner": "1" });
  return {
    folder,
    repo,
    root,
    git,
    commit,
    write,
    exists: (path) => stat(path).then(Boolean, () => false),
    open(options = {}) {
      const environment = { ...process.env, HOME: join(folder, "home"), XDG_CONFIG_HOME: undefined };
      const opened = openManager({
        openWorkspace: localWorkspace({ environment }),
        worktreeRoot: root,
        ...options,
      });
      benches.push(opened);
      return opened;
    },
    async start({ manager }, fields = {}) {
      const request = startRequest({ workspace: { working_dir: repo }, worktree: true, ...fields });
      const { info, warnings } = await manager.create(request);
      return { id: info.id, path: info.workspace.working_dir, warnings, info };
    },
    branches: async () =>
      (await git("for-each-ref", "--format=%(refname:short)", "refs/heads")).split("\n").sort(),
    worktrees: async () =>
      (await git("worktree", "list", "--porcelain"))
        .split("\n")
        .filter((line) => line.startsWith("worktree "))
        .map((line) => line.slice("worktree ".length))
        .slice(1),
  };
}
