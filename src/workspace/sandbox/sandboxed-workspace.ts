import { childEnvironment } from "../local/child-environment.ts";
import { LocalWorkspace } from "../local/local-workspace.ts";
import { machineIdentity } from "../local/machine-identity.ts";
import { removeLeftFolders } from "../local/terminal/shell-folders.ts";
import type { WrapCommand } from "../local/wrap-command.ts";
import type { Argv, OpenWorkspace, WorkspaceInfo } from "../workspace.ts";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import { confinedFiles } from "./confined-files.ts";
import type { Root } from "./confined-path.ts";
import { findBubblewrap, unavailable } from "./find-bubblewrap.ts";
import { launch } from "./launcher.ts";
import { ProcessCount } from "./process-count.ts";
import { makeSandboxFolders, mountsOf, type SandboxFolders } from "./sandbox-folders.ts";
import { type ResolvedSandbox, resolveSandbox, type SandboxOptions } from "./sandbox-options.ts";

/** Variables that lead to services of the machine or to folders that a sandbox does not show. */
const LEFT_OUT = /^(DOCKER_HOST|DISPLAY|XDG_.*|TEMP|TMP)$/;

/** Processes between the one that is started and the program: bubblewrap outside, and its first process inside. */
const LAYERS = 2;

/** The process outside stays until those inside have ended: SIGTERM and SIGHUP are for them. */
const OUTER =
  'trap "" TERM HUP; if [ -n "$1" ]; then echo $$ >"$1/cgroup.procs" || exit 126; fi; shift; exec "$@"';

/**
 * Opens workspaces in which programs run in bubblewrap. They see the working folder, a home folder and `$TMPDIR` of the
 * conversation, folders that the host lists, and the programs of the system, read-only; no other process, no file and
 * no socket of the server, and no network unless `network` is `host`. File tools reach the same folders and no others.
 * `/tmp` belongs to one command or terminal and ends with it, as do processes in the background. An exit code of 129 to
 * 159 is reported as the signal that it stands for.
 *
 * Run the server as another user than root: root's programs own the device files that they share with the machine, such
 * as `/dev/null`, and could change their modes. Working folders lie in `root`. Do not give one conversation a folder
 * inside another's working folder.
 *
 * @throws WorkspaceError `unavailable` where this machine cannot make such a sandbox: it is never left out silently.
 * @throws TypeError for invalid options.
 *
 * @example
 * ```ts
 * const server = createServer({ apiKeys, workspace: sandboxedWorkspace({ root: "/srv/agents", network: "host" }) });
 * ```
 */
export function sandboxedWorkspace(options: SandboxOptions = {}): OpenWorkspace {
  const sandbox = resolveSandbox(options);
  const program = findBubblewrap(sandbox);
  const makeCount = processCounter(sandbox);
  const { home: _home, ...identity } = machineIdentity();
  const { terminalPriority, idleTimeoutSeconds = null } = options;
  let cleaning: Promise<void> | undefined;
  return async (spec) => {
    cleaning ??= removeLeftFolders();
    await cleaning;
    const folders = await makeSandboxFolders(sandbox, spec);
    const { workingDir, dataDir, home, temporaryDir } = folders;
    const info: WorkspaceInfo = {
      ...identity,
      network: sandbox.network === "host" ? "shared" : "none",
      ...{ kind: "sandbox", workingDir, dataDir, home, temporaryDir, idleTimeoutSeconds },
    };
    const environment = { ...sandboxEnvironment(options), HOME: home, TMPDIR: temporaryDir };
    const count = makeCount();
    const wrap = wrapper({ program, sandbox, folders, count });
    const onClosed = async () => count?.remove();
    return new LocalWorkspace({
      ...{ info, files: confinedFiles(rootsOf(folders)), environment, terminalPriority, wrap, onClosed },
    });
  };
}

function sandboxEnvironment({
  environment = process.env,
  commandEnvironment,
}: SandboxOptions): Record<string, string> {
  const harmless = Object.entries(environment).filter(([name]) => !LEFT_OUT.test(name));
  return childEnvironment(Object.fromEntries(harmless), commandEnvironment);
}

/** Makes what counts the processes of a workspace. null where RLIMIT_NPROC does, which the kernel waives for root. */
function processCounter({ limits: { processes } }: ResolvedSandbox): () => ProcessCount | null {
  if (processes === null || process.getuid?.() !== 0) return () => null;
  ProcessCount.removeLeft();
  const make = () => {
    const count = ProcessCount.make(processes);
    if (count !== null) return count;
    throw unavailable(
      "limits.processes cannot be held for root without a writable control group (/sys/fs/cgroup). Run the server as " +
        "another user, or set limits.processes to null",
    );
  };
  void make().remove();
  return make;
}

interface WrapperParts {
  program: string;
  sandbox: ResolvedSandbox;
  folders: SandboxFolders;
  count: ProcessCount | null;
}

function wrapper({ program, sandbox, folders, count }: WrapperParts): WrapCommand {
  return async (command, { folders: extra } = {}) => {
    const { argv, env } = launch(command, sandbox.limits);
    const parameters = bubblewrapArguments({ ...sandbox, mounts: await mountsOf(folders, extra) });
    const outer: Argv = ["/bin/sh", "-c", OUTER, "sh", count?.path ?? "", program, ...parameters, ...argv];
    return { argv: outer, cwd: "/", env: { PATH: "/usr/bin:/bin", ...env }, layers: LAYERS };
  };
}

function rootsOf(folders: SandboxFolders): Root[] {
  const { workingDir, dataDir, home, temporaryDir, readOnly, writable } = folders;
  return [
    ...[workingDir, dataDir, home, temporaryDir, ...writable].map((path) => ({ path, isWritable: true })),
    ...readOnly.map((path) => ({ path, isWritable: false })),
    { path: "/dev/null", isWritable: false },
  ];
}
