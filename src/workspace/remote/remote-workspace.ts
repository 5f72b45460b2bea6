import { joinPath } from "../paths.ts";
import type { Argv, OpenWorkspace, RunOptions, RunResult, Workspace, WorkspaceInfo } from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { TerminalOptions, WorkspaceTerminal } from "../workspace-terminal.ts";
import { RemoteFiles } from "./remote-files.ts";
import { RemoteMachine } from "./remote-machine.ts";
import { RemoteTerminal } from "./remote-terminal.ts";
import { remoteRun } from "./run/remote-run.ts";
import { type RemoteOptions, resolveRemote } from "./server/remote-options.ts";

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
  return async ({ conversationId, workingDir }) => {
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
  };
}

function resolveIn(root: string, path: string): string {
  return path.startsWith("/") ? path : joinPath(root, path);
}

class RemoteWorkspace implements Workspace {
  readonly info: WorkspaceInfo;
  readonly files: RemoteFiles;
  readonly #machine: RemoteMachine;
  readonly #closing = new AbortController();
  readonly #runs = new Set<Promise<RunResult>>();
  readonly #terminals = new Set<Promise<WorkspaceTerminal>>();
  #closed: Promise<void> | null = null;

  constructor(info: WorkspaceInfo, machine: RemoteMachine) {
    this.info = info;
    this.files = new RemoteFiles(machine);
    this.#machine = machine;
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
    this.#checkOpen();
    const { cwd = this.info.workingDir, signal } = options;
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    const running = remoteRun(this.#machine, { ...options, argv, cwd, signal: AbortSignal.any(signals) });
    this.#runs.add(running);
    try {
      return await running;
    } finally {
      this.#runs.delete(running);
    }
  }

  async terminal({ cwd = this.info.workingDir, ...options }: TerminalOptions): Promise<WorkspaceTerminal> {
    this.#checkOpen();
    const opening = this.#openTerminal({ ...options, workingDir: cwd });
    this.#terminals.add(opening);
    try {
      const terminal = await opening;
      if (!this.#closing.signal.aborted) return terminal;
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

  async #close(): Promise<void> {
    const terminals = [...this.#terminals].map(async (opening) => (await opening).close());
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
