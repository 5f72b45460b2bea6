import { stat } from "node:fs/promises";
import { constants } from "node:os";
import { resolve } from "node:path";
import { localFilesWithin } from "../sandbox/local-files-within.ts";
import type { Argv, OpenWorkspace, RunOptions, RunResult, Workspace, WorkspaceInfo } from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { WorkspaceFiles } from "../workspace-files.ts";
import type { TerminalOptions, WorkspaceTerminal } from "../workspace-terminal.ts";
import { childEnvironment, type Environment } from "./child-environment.ts";
import { localFiles } from "./local-files.ts";
import { machineIdentity } from "./machine-identity.ts";
import type { TerminalSession, TerminalSessionOptions } from "./terminal/terminal-session.ts";
import { unwrapped, type WrapCommand } from "./wrap-command.ts";

/** Environment of the commands on this machine. */
export interface LocalWorkspaceOptions {
  /** Environment that commands see the harmless variables of. Default: `process.env`. */
  environment?: Environment;
  /** Variables that commands get in addition. Default: none. */
  commandEnvironment?: Environment | undefined;
  /**
   * CPU priority of terminals and all that they start. `low` leaves the processor to the server where both want it.
   * Default: `low`.
   */
  terminalPriority?: TerminalPriority | undefined;
  /** Seconds without activity after which the operator may stop this machine. Default: null, never. */
  idleTimeoutSeconds?: number | null | undefined;
}

/** The files of this machine, which elsewhere than on Linux are looked up by name only. */
const jailable: WorkspaceFiles =
  process.platform === "linux" ? { ...localFiles, within: localFilesWithin } : localFiles;

/** CPU priority of a shell, against the server's own. */
export type TerminalPriority = "low" | "normal";

/** The variable by which a tool's `env` parameter chooses the normal priority, with the value `none`. */
const PRIORITY_VARIABLE = "OH_TERMINAL_PROCESS_PRIORITY";

/**
 * Opens workspaces on this machine: commands run as the user of the server, without confinement. Relative working
 * directories start where the server was started. Not for Windows: there, it refuses every workspace, with advice.
 */
export function localWorkspace(options: LocalWorkspaceOptions = {}): OpenWorkspace {
  const environment = childEnvironment(options.environment ?? process.env, options.commandEnvironment);
  let cleaning: Promise<void> | undefined;
  const { home, ...identity } = machineIdentity();
  return async (spec) => {
    refuseWindows();
    cleaning ??= import("./terminal/shell-folders.ts").then(({ removeLeftFolders }) => removeLeftFolders());
    await cleaning;
    const info: WorkspaceInfo = {
      kind: "local",
      network: "shared",
      workingDir: resolve(spec.workingDir),
      dataDir: spec.dataDir,
      home: environment.HOME ?? home,
      temporaryDir: environment.TMPDIR ?? "/tmp",
      idleTimeoutSeconds: options.idleTimeoutSeconds ?? null,
      ...identity,
    };
    const { terminalPriority } = options;
    return new LocalWorkspace({ info, environment, terminalPriority, files: jailable, wrap: unwrapped });
  };
}

/** Agents write for bash and for paths that begin with a slash, and tools check theirs by that rule. */
function refuseWindows(): void {
  if (process.platform !== "win32") return;
  throw new WorkspaceError(
    "unavailable",
    "Agents need bash and the paths of a POSIX system. On Windows, run the server in WSL, or let agents work on another " +
      "machine with remoteWorkspace.",
  );
}

/** The parts of a workspace whose programs are processes of this machine. */
export interface LocalWorkspaceParts {
  info: WorkspaceInfo;
  files: WorkspaceFiles;
  /** Everything that commands see of an environment, before what a caller adds. */
  environment: Readonly<Record<string, string>>;
  /** Default: `low`. */
  terminalPriority?: TerminalPriority | undefined;
  wrap: WrapCommand;
  /** Whether commands find a folder at a path. Default: that of this machine decides. */
  isFolder?(path: string): Promise<boolean>;
  /**
   * Absolute path of a folder for the files of shells, which commands can read and not change. Default: a folder each.
   */
  shellFolder?: string;
  /** Called when every program has ended. */
  onClosed?(): Promise<void>;
}

/** A workspace whose programs are processes of this machine. */
export class LocalWorkspace implements Workspace {
  readonly info: WorkspaceInfo;
  readonly files: WorkspaceFiles;
  readonly #parts: LocalWorkspaceParts;
  readonly #closing = new AbortController();
  readonly #runs = new Set<Promise<RunResult>>();
  readonly #terminals = new Set<Promise<TerminalSession>>();

  constructor(parts: LocalWorkspaceParts) {
    this.info = parts.info;
    this.files = parts.files;
    this.#parts = parts;
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
    this.#checkOpen();
    return tracked(this.#runs, this.#run(argv, options));
  }

  async terminal({ cwd, env, ...options }: TerminalOptions): Promise<WorkspaceTerminal> {
    this.#checkOpen();
    const { isFolder = isFolderHere, shellFolder } = this.#parts;
    const workingDir = cwd ?? this.info.workingDir;
    if (!(await isFolder(workingDir))) {
      throw new WorkspaceError("not_a_directory", `The working directory ${workingDir} is not a folder.`);
    }
    this.#checkOpen();
    const opening = openTerminal({
      ...options,
      ...{ workingDir, shellFolder },
      env: { ...this.#parts.environment, ...env },
      wrap: this.#parts.wrap,
      hasLowPriority: this.#parts.terminalPriority !== "normal" && env?.[PRIORITY_VARIABLE] !== "none",
      onClosed: () => this.#terminals.delete(opening),
    });
    this.#terminals.add(opening);
    const terminal = await opening.catch((error: unknown) => {
      this.#terminals.delete(opening);
      throw error;
    });
    if (!this.#closing.signal.aborted) return terminal;
    await terminal.close();
    throw closed();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const terminals = [...this.#terminals].map(async (opening) => (await opening).close());
    await Promise.allSettled([...this.#runs, ...terminals]);
    await this.#parts.onClosed?.();
  }

  async #run(argv: Argv, options: RunOptions): Promise<RunResult> {
    const { cwd = this.info.workingDir, env, signal } = options;
    const { environment, wrap } = this.#parts;
    const { elsewhere, layers, ...command } = await wrap(
      { argv, cwd, env: { ...environment, ...env } },
      { hasInput: options.stdin !== undefined },
    );
    const { runProcess } = await import("./run-process.ts");
    try {
      const result = await runProcess(command.argv, {
        ...options,
        ...{ cwd: command.cwd, env: command.env },
        signal: AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]),
        endElsewhere: elsewhere && ((exited) => elsewhere.end(exited)),
      });
      await elsewhere?.check(result);
      return layers === 0 ? result : withSignal(result);
    } finally {
      await elsewhere?.started();
    }
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closed();
  }
}

async function openTerminal(options: TerminalSessionOptions): Promise<TerminalSession> {
  const { TerminalSession } = await import("./terminal/terminal-session.ts");
  return TerminalSession.open(options);
}

async function isFolderHere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

function closed(): WorkspaceError {
  return new WorkspaceError("closed", "The workspace is closed.");
}

/** Reads the signal that ended a surrounded program from the exit code, as shells report it: 128 and its number. */
function withSignal(result: RunResult): RunResult {
  const number = (result.exitCode ?? 0) - 128;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name === undefined ? result : { ...result, exitCode: null, signal: name };
}

/** Keeps a promise in the set until it settles. */
async function tracked<T>(set: Set<Promise<T>>, promise: Promise<T>): Promise<T> {
  set.add(promise);
  try {
    return await promise;
  } finally {
    set.delete(promise);
  }
}
