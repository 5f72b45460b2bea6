import { joinPath } from "../paths.ts";
import type {
  Argv,
  Handover,
  OpenWorkspace,
  RunOptions,
  RunResult,
  Workspace,
  WorkspaceInfo,
  WorkspaceSpec,
} from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { TerminalOptions, WorkspaceTerminal } from "../workspace-terminal.ts";
import { RemoteFiles } from "./remote-files.ts";
import { RemoteMachine } from "./remote-machine.ts";
import { RemoteTerminal } from "./remote-terminal.ts";
import { remoteRun, resumeRun } from "./run/remote-run.ts";
import { type RemoteOptions, type ResolvedRemote, resolveRemote } from "./server/remote-options.ts";

/** Folder in the home folder over there for what tools keep outside of working folders. */
const DATA_FOLDER = ".cache/agent-server";

/**
 * Opens workspaces on another agent server, ours or the reference's, over its bash and file routes. The agents of this
 * server then touch the other machine only, as far as the other server lets its clients.
 *
 * Terminals there are pipes: programs that need a screen do not run in them, and Ctrl-C is the one key that works while
 * a command does not read. Commands and what they need lie in a private folder there; values of variables go by files
 * that only the user there can read, never by the text of a command. A server that is gone, hangs, or is something else
 * than an agent server costs a `WorkspaceError` `unavailable` that says so. Anything that comes from there is data and
 * bounded.
 *
 * @throws TypeError for invalid options.
 *
 * @example
 * ```ts
 * const workspace = remoteWorkspace({ host: "http://10.0.0.7:8000", apiKey: process.env.MACHINE_KEY });
 * const server = createServer({ apiKeys, workspace });
 * ```
 */
export function remoteWorkspace(options: RemoteOptions): OpenWorkspace {
  const remote = resolveRemote(options);
  return (spec) => openRemote(remote, spec);
}

/** Opens a workspace on another server, under the claims of the spec. */
export async function openRemote(
  resolved: ResolvedRemote,
  {
    conversationId,
    workingDir,
    claims,
    watchRequest,
  }: Pick<WorkspaceSpec, "conversationId" | "workingDir" | "claims" | "watchRequest">,
): Promise<Workspace> {
  const remote = { ...resolved, claims, watchRequest };
  const machine = await RemoteMachine.open(remote);
  const { cwd, folder: _, ...facts } = machine.facts;
  const root = remote.workingDir ?? cwd;
  const info: WorkspaceInfo = {
    ...facts,
    kind: "remote",
    // The working directory of this server means nothing over there.
    workingDir: conversationId === null ? root : resolveIn(root, workingDir),
    dataDir: joinPath(facts.home, DATA_FOLDER, conversationId ?? "server"),
    idleTimeoutSeconds: remote.idleTimeoutSeconds,
  };
  return new RemoteWorkspace(info, machine);
}

function resolveIn(root: string, path: string): string {
  return path.startsWith("/") ? path : joinPath(root, path);
}

class RemoteWorkspace implements Workspace {
  readonly info: WorkspaceInfo;
  readonly files: RemoteFiles;
  readonly #machine: RemoteMachine;
  readonly #closing = new AbortController();
  readonly #runs = new Set<Promise<RunResult | null>>();
  readonly #terminals = new Set<Promise<WorkspaceTerminal | null>>();
  readonly #handover: Handover = {
    run: (callId, options = {}) =>
      this.#noted(options, (signal) => resumeRun(this.#machine, { ...options, callId, signal })),
    terminal: (name, { cwd = this.info.workingDir, ...options }) =>
      this.#kept(() => RemoteTerminal.resume(this.#machine, { ...options, name, workingDir: cwd })),
    leave: () => this.#leave(),
  };
  #closed: Promise<void> | null = null;

  constructor(info: WorkspaceInfo, machine: RemoteMachine) {
    this.info = info;
    this.files = new RemoteFiles(machine);
    this.#machine = machine;
  }

  /** Only what has claims outlives its server: it refuses the others. */
  get handover(): Handover | undefined {
    return this.#machine.lasts ? this.#handover : undefined;
  }

  run(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
    const { cwd = this.info.workingDir } = options;
    return this.#noted(options, (signal) => remoteRun(this.#machine, { ...options, argv, cwd, signal }));
  }

  /** Runs something that closing ends. */
  async #noted<T extends RunResult | null>(
    { signal }: Pick<RunOptions, "signal">,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    const running = work(AbortSignal.any(signals));
    this.#runs.add(running);
    try {
      return await running;
    } finally {
      this.#runs.delete(running);
    }
  }

  async terminal({ cwd = this.info.workingDir, ...options }: TerminalOptions): Promise<WorkspaceTerminal> {
    return this.#kept(() => this.#openTerminal({ ...options, workingDir: cwd }));
  }

  /** Takes a shell among those that closing ends. */
  async #kept<T extends WorkspaceTerminal | null>(open: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const opening = open();
    this.#terminals.add(opening);
    try {
      const terminal = await opening;
      if (terminal === null || !this.#closing.signal.aborted) return terminal;
      await terminal.close();
      throw closed();
    } catch (error) {
      this.#terminals.delete(opening);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #openTerminal(options: TerminalOptions & { workingDir: string }): Promise<WorkspaceTerminal> {
    const { workingDir } = options;
    const status = await this.files.stat(workingDir).catch((error: unknown) => {
      if (WorkspaceError.is(error) && error.code === "not_a_directory") return null;
      throw error;
    });
    if (status?.type === "directory") return RemoteTerminal.open(this.#machine, options);
    throw new WorkspaceError("not_a_directory", `The working directory ${workingDir} is not a folder.`);
  }

  #leave(): void {
    this.#machine.abandon();
    this.#closing.abort();
    // Nothing there is ended: every request is refused by now.
    this.#closed ??= Promise.resolve();
    for (const opening of this.#terminals) opening.then((terminal) => terminal?.close()).catch(() => {});
  }

  async #close(): Promise<void> {
    const terminals = [...this.#terminals].map(async (opening) => (await opening)?.close());
    await Promise.allSettled([...this.#runs, ...terminals]);
    await this.#machine.close();
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closed();
  }
}

function closed(): WorkspaceError {
  return new WorkspaceError("closed", "The workspace is closed.");
}
