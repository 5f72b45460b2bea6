import { resolve } from "node:path";
import type {
  Argv,
  OpenWorkspace,
  RunOptions,
  RunResult,
  Workspace,
  WorkspaceInfo,
  WorkspaceSpec,
} from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { TerminalOptions, WorkspaceTerminal } from "../workspace-terminal.ts";
import { childEnvironment, type Environment } from "./child-environment.ts";
import { localFiles } from "./local-files.ts";
import { machineIdentity } from "./machine-identity.ts";
import { runProcess } from "./run-process.ts";
import { removeLeftFolders } from "./terminal/shell-folders.ts";
import { TerminalSession } from "./terminal/terminal-session.ts";

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

/** CPU priority of a shell, against the server's own. */
export type TerminalPriority = "low" | "normal";

/** The variable by which a tool's `env` parameter chooses the normal priority, with the value `none`. */
const PRIORITY_VARIABLE = "OH_TERMINAL_PROCESS_PRIORITY";

/**
 * Opens workspaces on this machine: commands run as the user of the server, without confinement. Relative working
 * directories start where the server was started.
 */
export function localWorkspace(options: LocalWorkspaceOptions = {}): OpenWorkspace {
  const environment = childEnvironment(options.environment ?? process.env, options.commandEnvironment);
  let cleaning: Promise<void> | undefined;
  return async (spec) => {
    cleaning ??= removeLeftFolders();
    await cleaning;
    return new LocalWorkspace(spec, environment, options);
  };
}

class LocalWorkspace implements Workspace {
  readonly info: WorkspaceInfo;
  readonly files = localFiles;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #terminalPriority: TerminalPriority;
  readonly #closing = new AbortController();
  readonly #runs = new Set<Promise<RunResult>>();
  readonly #terminals = new Set<Promise<TerminalSession>>();

  constructor(
    spec: WorkspaceSpec,
    environment: Readonly<Record<string, string>>,
    { terminalPriority = "low", idleTimeoutSeconds = null }: LocalWorkspaceOptions,
  ) {
    this.#environment = environment;
    this.#terminalPriority = terminalPriority;
    const { home, ...identity } = machineIdentity();
    this.info = {
      kind: "local",
      workingDir: resolve(spec.workingDir),
      dataDir: spec.dataDir,
      home: environment.HOME ?? home,
      temporaryDir: environment.TMPDIR ?? "/tmp",
      idleTimeoutSeconds,
      ...identity,
    };
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
    this.#checkOpen();
    const { cwd = this.info.workingDir, env, signal } = options;
    const running = runProcess(argv, {
      ...options,
      cwd,
      env: { ...this.#environment, ...env },
      signal: AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]),
    });
    return tracked(this.#runs, running);
  }

  async terminal({ cwd, env, ...options }: TerminalOptions): Promise<WorkspaceTerminal> {
    this.#checkOpen();
    const opening = TerminalSession.open({
      ...options,
      workingDir: cwd ?? this.info.workingDir,
      env: { ...this.#environment, ...env },
      hasLowPriority: this.#terminalPriority === "low" && env?.[PRIORITY_VARIABLE] !== "none",
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
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closed();
  }
}

function closed(): WorkspaceError {
  return new WorkspaceError("closed", "The workspace is closed.");
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
