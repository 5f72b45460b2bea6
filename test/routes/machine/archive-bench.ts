import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { type MachineServer, openMachineServer } from "./machine-server.ts";

const run = promisify(execFile);

const AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];

/** A server, and a repository on branch `main` with nothing in it. */
export interface ArchiveBench extends MachineServer {
  repo: string;
  /** Runs git in the repository. */
  git(...parameters: string[]): Promise<string>;
  /** Commits everything and gives the name of the commit. */
  commit(): Promise<string>;
  /** Writes a file of the repository and the folders above it. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Asks for the archive of a folder. Default: of the repository. */
  archive(query?: Record<string, string | string[]>, prefix?: string): Promise<Response>;
  /** The files of a tar.gz, unpacked by tar, by their paths. */
  unpacked(response: Response): Promise<{ names: string[]; into: string }>;
  /** A clone of the repository at a commit, with a patch applied. */
  replayed(patch: Uint8Array, commit: string | null): Promise<string>;
}

export async function openArchiveBench(): Promise<ArchiveBench> {
  const server = await openMachineServer();
  const repo = `${server.folder}/repo`;
  let count = 0;
  await run("git", ["init", "--quiet", "--initial-branch=main", repo]);
  const git = async (...parameters: string[]) =>
    (await run("git", ["-C", repo, ...AUTHOR, ...parameters])).stdout.trim();
  return {
    ...server,
    repo,
    git,
    async commit() {
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--message", "work");
      return git("rev-parse", "HEAD");
    },
    async write(name, content) {
      await mkdir(dirname(`${repo}/${name}`), { recursive: true });
      await writeFile(`${repo}/${name}`, content);
    },
    archive(query = {}, prefix = "/api") {
      const search = new URLSearchParams();
      for (const [key, value] of Object.entries({ path: repo, ...query })) {
        for (const one of [value].flat()) search.append(key, one);
      }
      return server.fetch(`${prefix}/file/archive?${search}`);
    },
    async unpacked(response) {
      count += 1;
      const into = `${server.folder}/unpacked-${count}`;
      await mkdir(into);
      await writeFile(`${into}.tar.gz`, new Uint8Array(await response.arrayBuffer()));
      await run("tar", ["-xzf", `${into}.tar.gz`, "-C", into]);
      const { stdout } = await run("tar", ["-tzf", `${into}.tar.gz`, "--quoting-style=literal"]);
      return { names: stdout.trim().split("\n").sort(), into };
    },
    async replayed(patch, commit) {
      count += 1;
      const clone = `${server.folder}/replayed-${count}`;
      await writeFile(`${clone}.patch`, patch);
      await run("git", ["init", "--quiet", clone]);
      if (commit !== null) {
        await run("git", ["-C", clone, "fetch", "--quiet", repo, commit]);
        await run("git", ["-C", clone, "checkout", "--quiet", commit]);
      }
      if (patch.length > 0) await run("git", ["-C", clone, "apply", "--whitespace=nowarn", `${clone}.patch`]);
      return clone;
    },
  };
}

/** The bytes of an answer. */
export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}
