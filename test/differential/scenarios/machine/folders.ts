import { execFile } from "node:child_process";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Commits have the same ids on both servers: everything that goes into one is given. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ann Author",
  GIT_AUTHOR_EMAIL: "ann@example.org",
  GIT_AUTHOR_DATE: "2026-01-02T03:04:05+02:00",
  GIT_COMMITTER_NAME: "Carl Committer",
  GIT_COMMITTER_EMAIL: "carl@example.org",
  GIT_COMMITTER_DATE: "2026-01-02T03:04:05+02:00",
  GIT_ALLOW_PROTOCOL: "file",
};

/** Of files whose time is told. */
const TIME = new Date("2026-01-02T03:04:05Z");

export async function write(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** Like `write`, for files whose time both servers tell. git would take two such files for the same. */
export async function writeDated(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  await write(folder, files);
  for (const name of Object.keys(files)) await utimes(join(folder, name), TIME, TIME);
}

/** Runs git in a folder and gives what it printed. */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute("git", ["-c", "init.defaultBranch=main", ...args], {
    cwd: folder,
    env: ENVIRONMENT,
  });
  return stdout.trim();
}

/** Makes an empty repository and gives its folder. */
export async function repository(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await git(folder, "init", "-q");
  return folder;
}

/** Commits everything and gives the id. */
export async function commit(folder: string, message: string): Promise<string> {
  await git(folder, "add", "-A");
  await git(folder, "commit", "-q", "--allow-empty", "-m", message);
  return git(folder, "rev-parse", "HEAD");
}

/** A query with the given fields, each value encoded. */
export function query(fields: Record<string, string | readonly string[]>): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((item) => `${name}=${encodeURIComponent(item).replaceAll("~", "%7E")}`),
  );
  return `?${pairs.join("&")}`;
}
