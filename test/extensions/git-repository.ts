import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The same for every commit, so that the same files have the same id. */
const TIME = { GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z", GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z" };

/** The text of a file, or the target of a link. */
export type FileToWrite = string | { link: string };

export type FilesToWrite = Readonly<Record<string, FileToWrite>>;

/** Writes files below a folder. */
export function writeFiles(folder: string, files: FilesToWrite): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (typeof content === "string") writeFileSync(target, content);
    else symlinkSync(content.link, target);
  }
}

/** A real repository with one branch, `main`. */
export class GitRepository {
  readonly path: string;

  constructor(path: string, files: FilesToWrite = {}) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    this.git("init", "--quiet", "--initial-branch=main");
    if (Object.keys(files).length > 0) this.commit(files);
  }

  get url(): string {
    return `file://${this.path}`;
  }

  /** Commits files, whose earlier text they replace. Returns the id. */
  commit(files: FilesToWrite): string {
    writeFiles(this.path, files);
    this.git("add", "--all");
    this.git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "change");
    return this.head();
  }

  /** A branch with `files` to the power of one more than `levels` files, which take no room: they are all the same. */
  commitTree(branch: string, { files, levels }: { files: number; levels: number }): void {
    const blob = this.feed("same", "hash-object", "-w", "--stdin");
    const names = Array.from({ length: files }, (_, index) => `f${index}`);
    let tree = this.feed(names.map((name) => `100644 blob ${blob}\t${name}\n`).join(""), "mktree");
    for (let level = 0; level < levels; level += 1)
      tree = this.feed(names.map((name) => `040000 tree ${tree}\t${name}\n`).join(""), "mktree");
    const commit = this.git("-c", "user.name=t", "-c", "user.email=t@t", "commit-tree", tree, "-m", "many");
    this.git("branch", branch, commit);
  }

  head(): string {
    return this.git("rev-parse", "HEAD");
  }

  git(...parameters: string[]): string {
    return this.feed("", ...parameters);
  }

  /** Runs git with text as its input. */
  feed(input: string, ...parameters: string[]): string {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...TIME };
    return execFileSync("git", parameters, {
      cwd: this.path,
      env,
      encoding: "utf8",
      stdio: "pipe",
      input,
    }).trim();
  }
}
