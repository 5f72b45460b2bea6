import type { Workspace } from "../workspace.ts";
import { isRepository } from "./changes.ts";
import { commitOf } from "./display-base.ts";
import { Git } from "./git.ts";

/** One commit of a history. */
export interface Commit {
  /** The full object name. */
  sha: string;
  short_sha: string;
  subject: string;
  /** Name of the author. */
  author: string;
  /** When the author made it, in ISO form with the author's offset. */
  timestamp: string;
}

/** The newest commits of a history. */
export interface Commits {
  commits: Commit[];
  /** Whether older ones follow. */
  has_more: boolean;
}

const FORMAT = "%H%x1f%h%x1f%an%x1f%aI%x1f%s";

/** Characters of a subject or a name. */
const MAX_TEXT = 1000;

const NONE: Commits = { commits: [], has_more: false };

/** Lists the commits that HEAD leads to, newest first. A folder in no repository, or without commits, has none. */
export async function listCommits(workspace: Workspace, folder: string, limit: number): Promise<Commits> {
  if ((await workspace.files.stat(folder))?.type !== "directory") return NONE;
  const git = new Git(workspace, folder);
  if (!(await isRepository(git))) return NONE;
  const head = await commitOf(git, "HEAD");
  if (head === undefined) return NONE;
  const log = [
    "log",
    "-z",
    "--no-show-signature",
    "--no-color",
    `--format=${FORMAT}`,
    `--max-count=${limit + 1}`,
  ];
  const { stdout, truncated } = await git.run([...log, head, "--"]);
  const records = stdout.split("\0");
  const whole = truncated ? records.slice(0, -1) : records.filter((record) => record !== "");
  return { commits: whole.slice(0, limit).map(readCommit), has_more: truncated || whole.length > limit };
}

function readCommit(record: string): Commit {
  const [sha = "", short_sha = "", author = "", timestamp = "", ...subject] = record.split("\x1f");
  return {
    sha,
    short_sha,
    subject: subject.join(" ").slice(0, MAX_TEXT),
    author: author.slice(0, MAX_TEXT),
    timestamp,
  };
}
