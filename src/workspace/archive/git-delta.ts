import { AgentServerError } from "../../errors.ts";
import { COMPARE } from "../git/display-base.ts";
import type { Git, GitCommand } from "../git/git.ts";
import { joinPath } from "../paths.ts";
import type { Workspace } from "../workspace.ts";
import type { Excludes } from "./exclude-pattern.ts";
import { outputOf } from "./git-output.ts";
import { withScratchFolder } from "./scratch-folder.ts";

/** Parts of a patch. */
export interface DeltaOptions {
  workspace: Workspace;
  /** Git in the folder whose changes are wanted. */
  git: Git;
  /** Object name of the commit or tree to compare with. */
  base: string;
  excludes: Excludes;
  /** Ends git while it reads the work tree. */
  signal: AbortSignal;
}

/** Milliseconds for reading the work tree, as in the reference. */
const ADD_TIMEOUT = 5 * 60 * 1000;

/** Milliseconds for writing a patch, which waits for its reader. */
const DIFF_TIMEOUT = 60 * 60 * 1000;

/** Bytes of the words that git says about a failure. */
const MAX_WORDS = 64 * 1024;

/** A patch that `git apply` reads whatever the repository sets for its own. */
const PATCH = [
  ...[...COMPARE, "--cached", "--binary", "--full-index", "--submodule=short", "--unified=3"],
  ...["--src-prefix=a/", "--dst-prefix=b/", "--no-relative", "-O/dev/null"],
];

/**
 * Makes a patch of a folder's work tree against a base: what is tracked, what is new and not ignored, and what is gone.
 * The first piece comes when git has read the work tree. The repository is not written to: git gets a copy of the index
 * and a place for new objects in a temporary folder. The copy keeps what the index knows of files, so that only those
 * that changed are read, and what is left out of a sparse checkout is not taken for deleted.
 *
 * @throws AgentServerError `internal` with the words of git.
 */
export function gitDelta(options: DeltaOptions): AsyncGenerator<Uint8Array, void, void> {
  return withScratchFolder(options.workspace, (scratch) => deltaIn(scratch, options));
}

async function* deltaIn(
  scratch: string,
  { workspace, git, base, excludes, signal }: DeltaOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const command: GitCommand = { env: await detached(scratch, { workspace, git }), magic: true };
  await copyIndex(scratch, { workspace, git });
  const only = ["--", ".", ...excludes.pathspecs];
  const added = await git.try(["add", "--all", ...only], { ...command, timeout: ADD_TIMEOUT, signal });
  if (added.exitCode !== 0) throw failed(added.stderr);
  const patch = { ...command, timeout: DIFF_TIMEOUT, maxBytes: MAX_WORDS };
  const { exitCode, stderr } = yield* outputOf((output) =>
    git.try([...PATCH, base, ...only], {
      ...patch,
      ...output,
      signal: AbortSignal.any([signal, output.signal]),
    }),
  );
  if (exitCode !== 0) throw failed(stderr);
}

/** Variables that keep what git writes out of the repository. */
async function detached(
  scratch: string,
  { workspace, git }: Pick<DeltaOptions, "workspace" | "git">,
): Promise<Record<string, string>> {
  await workspace.files.makeFolder(joinPath(scratch, "objects"));
  const objects = await git.ask("rev-parse", "--path-format=absolute", "--git-path", "objects");
  if (objects === undefined) throw failed("its objects are not found");
  return {
    GIT_INDEX_FILE: joinPath(scratch, "index"),
    GIT_OBJECT_DIRECTORY: joinPath(scratch, "objects"),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${objects.replace(/["\\]/g, "\\$&")}"`,
  };
}

/** A repository without an index has an empty one. */
async function copyIndex(
  scratch: string,
  { workspace, git }: Pick<DeltaOptions, "workspace" | "git">,
): Promise<void> {
  const index = await git.ask("rev-parse", "--path-format=absolute", "--git-path", "index");
  if (index === undefined || (await workspace.files.stat(index)) === null) return;
  // With its time: git reads a file again that changed in the moment in which the index was written.
  const copied = await workspace.run(["cp", "-p", "--", index, joinPath(scratch, "index")]);
  if (copied.exitCode !== 0) throw failed(copied.stderr);
}

function failed(words: string): AgentServerError {
  return new AgentServerError("internal", `Failed to generate git delta: ${words.trim()}`);
}
