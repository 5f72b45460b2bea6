import type { ResumedTerminal, Workspace } from "../../workspace/workspace.ts";
import type { WorkspaceTerminal } from "../../workspace/workspace-terminal.ts";
import type { TerminalParams } from "./terminal-params.ts";

export interface ConversationShellOptions {
  conversationId: string;
  workspace: Workspace;
  params: Pick<TerminalParams, "env" | "shellPath">;
  /** Takes output that cannot change any more, in order. */
  onText(text: string): void;
  /** Called when a command begins. */
  onStart(): void;
}

/**
 * The shell of one conversation. It is started by the first command and by the first one after it has exited, in the
 * folder where the last one was; another server may have started it before.
 */
export class ConversationShell {
  readonly #options: ConversationShellOptions;
  #terminal: WorkspaceTerminal | null = null;
  #starting: Promise<WorkspaceTerminal> | null = null;
  /** The shell that another server had; undefined while it was not looked for. */
  #found: Promise<ResumedTerminal | null> | undefined;
  #workingDir: string;
  #hasOpenCommand = false;
  #closed = false;

  constructor(options: ConversationShellOptions) {
    this.#options = options;
    this.#workingDir = options.workspace.info.workingDir;
  }

  /** The shell as it is; null before the first command and after its end was settled. */
  get terminal(): WorkspaceTerminal | null {
    return this.#terminal;
  }

  /** Whether a command was started and its end not settled. */
  get hasOpenCommand(): boolean {
    return this.#hasOpenCommand;
  }

  /** The folder of the shell when the last command was settled. */
  get workingDir(): string {
    return this.#workingDir;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Finds the shell that another server had, once. null where there is none. */
  find(): Promise<ResumedTerminal | null> {
    this.#found ??= this.#takeOver().catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  /** Finds the command of a call that another server has typed. False where it did not begin, or is not the last one. */
  async resume(callId: string): Promise<boolean> {
    const shell = await this.find();
    if (shell === null || !(await shell.resume(callId))) return false;
    this.#hasOpenCommand = true;
    return true;
  }

  /** Starts a command. Resolves to the shell that it runs in. */
  async run(
    command: string,
    exports: Readonly<Record<string, string>>,
    callId: string,
  ): Promise<WorkspaceTerminal> {
    const current = this.#terminal;
    const terminal = current === null || current.state === "exited" ? await this.start() : current;
    await terminal.run(command, exports, callId);
    this.#hasOpenCommand = true;
    return terminal;
  }

  /** Notes the folder in which a command that has ended has left the shell. Ends a shell that has exited. */
  async settle(): Promise<void> {
    this.#hasOpenCommand = false;
    if (this.#terminal === null) return;
    this.#workingDir = this.#terminal.workingDir;
    if (this.#terminal.state === "exited") await this.#end();
  }

  /** Ends the shell. The next one begins in the folder of the workspace. */
  async reset(): Promise<void> {
    await this.#end();
    this.#workingDir = this.#options.workspace.info.workingDir;
  }

  /** Starts a shell in place of the one there is. */
  start(): Promise<WorkspaceTerminal> {
    this.#starting = this.#replace();
    return this.#starting;
  }

  /** Ends the shell, and one that is being started. No other can be started then. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#starting?.catch(() => {});
    await this.#end();
  }

  async #replace(): Promise<WorkspaceTerminal> {
    if (this.#closed) throw new Error("The terminal is closed.");
    await this.#end();
    const { workspace } = this.#options;
    const options = this.#terminalOptions();
    const terminal = await workspace.terminal({ ...options, cwd: this.#workingDir }).catch((error) => {
      // The folder of the last shell may have been removed.
      if (this.#workingDir === workspace.info.workingDir) throw error;
      return workspace.terminal(options);
    });
    if (this.#closed) {
      await terminal.close();
      throw new Error("The terminal is closed.");
    }
    this.#terminal = terminal;
    return terminal;
  }

  async #takeOver(): Promise<ResumedTerminal | null> {
    const { handover } = this.#options.workspace;
    if (handover === undefined) return null;
    const options = this.#terminalOptions();
    const shell = await handover.terminal(options.name, options);
    if (shell === null) return null;
    this.#terminal = shell;
    this.#workingDir = shell.workingDir;
    this.#hasOpenCommand = shell.state === "running";
    return shell;
  }

  #terminalOptions() {
    const { conversationId, params, onText, onStart } = this.#options;
    // Sub-agents have shells on the same machine.
    const name = `terminal of ${conversationId}`;
    return { name, env: params.env, shellPath: params.shellPath, onText, onStart };
  }

  async #end(): Promise<void> {
    const terminal = this.#terminal;
    this.#terminal = null;
    this.#hasOpenCommand = false;
    await terminal?.close();
  }
}
