import { AgentServerError, messageOf } from "../errors.ts";
import { parentOf } from "./paths.ts";
import type { RunResult, Workspace } from "./workspace.ts";

const GIT_OPTIONS = { timeout: 10_000, env: { GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" } };

/** Others wrote what lies in the folder: no program that a repository there names may run. */
const GIT = ["git", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null"] as const;

/** Folders whose children are the home folders of users. */
const HOME_PARENTS = ["/home", "/Users"];

/** The search for repositories below a folder. A folder too large to be searched in this time gets no repository. */
const SEARCH_OPTIONS = { timeout: 3000, maxBytes: 1000 };
const SEARCH_DEPTH = "6";

/**
 * Makes the folder an agent will work in, and a git repository in it, so that the changes of the agent can be shown.
 * No repository is made inside another, around others, or in a folder that belongs to more than one piece of work.
 * Throws `bad_request` when the folder cannot be made. Without git it stays a plain folder.
 */
export async function prepareWorkspace(workspace: Workspace): Promise<void> {
  await workspace.files.makeFolder(workspace.info.workingDir).catch((cause: unknown) => {
    const detail = `workspace.working_dir: no folder can be made here (${messageOf(cause)})`;
    throw new AgentServerError("bad_request", detail, { cause });
  });
  const inside = await git(workspace, ["rev-parse", "--is-inside-work-tree"]);
  if (inside.exitCode === 0 || inside.exitCode === 127) return;
  if ((await isShared(workspace)) || (await mayHaveRepositories(workspace))) return;
  await git(workspace, ["init", "--quiet", "--template="]);
}

function git(workspace: Workspace, parameters: readonly string[]): Promise<RunResult> {
  return workspace.run([...GIT, ...parameters], GIT_OPTIONS);
}

/** Whether the folder is a home folder, the folder for temporary files, or one that holds them, such as the root. */
async function isShared({ files, info }: Workspace): Promise<boolean> {
  const paths = [info.workingDir, info.home, info.temporaryDir];
  const [folder = "", ...shared] = await Promise.all(paths.map((path) => files.realPath(path)));
  const isAround = (path: string) => path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
  return shared.some(isAround) || HOME_PARENTS.includes(parentOf(folder));
}

/** Whether a repository lies below the folder, or that cannot be found out. */
async function mayHaveRepositories(workspace: Workspace): Promise<boolean> {
  const test = ["-name", "node_modules", "-prune", "-o", "-name", ".git", "-print", "-quit"];
  // Physical, so that the search does not leave the folder through links.
  const search = ["find", "-P", workspace.info.workingDir, "-maxdepth", SEARCH_DEPTH, ...test] as const;
  const { outcome, exitCode, stdout } = await workspace.run(search, SEARCH_OPTIONS);
  // `find` exits with 1 when it may not read some folder.
  return outcome !== "exited" || stdout !== "" || (exitCode ?? 127) > 1;
}
