import { randomBytes } from "node:crypto";
import { WorkspaceError } from "../../workspace-error.ts";
import type {
  CommandEnd,
  TerminalOptions,
  WaitOptions,
  WaitOutcome,
  WorkspaceTerminal,
} from "../../workspace-terminal.ts";
import type { WrapCommand, WrappedCommand } from "../wrap-command.ts";
import { loadPty } from "./pty/load-pty.ts";
import type { Pty } from "./pty/pty.ts";
import { ShellElsewhere } from "./shell-elsewhere.ts";
import { ShellFiles } from "./shell-files.ts";
import { LocalShellProcess, lowerPriority, type ShellProcess } from "./shell-process.ts";
import { TerminalIntake } from "./terminal-intake.ts";
import { MARKER_NUMBER, parseMarker, runLine, type TerminalMarker } from "./terminal-marker.ts";
import { TerminalScreen } from "./terminal-screen.ts";
import { waitForEnd } from "./terminal-wait.ts";

export interface TerminalSessionOptions extends Omit<TerminalOptions, "cwd"> {
  /** Absolute path of an existing folder. */
  workingDir: string;
  /** Everything that commands see of an environment. */
  env: Readonly<Record<string, string>>;
  /** Puts the shell into whatever surrounds the programs of the workspace. */
  wrap: WrapCommand;
  /**
   * Folder for the files of the shell, which it can only read. Default: one with temporary files, and it empties them.
   */
  shellFolder?: string | undefined;
  /** Whether the shell and all that it starts run at a lower CPU priority than the server. Default: false. */
  hasLowPriority?: boolean;
  /** Called when the terminal was closed. */
  onClosed?(): void;
}

/** Wide enough that tables and progress bars do not wrap. Lines that do are joined again. */
const COLUMNS = 256;
const ROWS = 50;

/** Milliseconds until the first prompt. */
const START_LIMIT = 15_000;
/** Milliseconds between two steps of an interrupt. */
const INTERRUPT_PATIENCE = 400;

/** A bash on a pseudo-terminal, in a session of process groups that it leads. */
export class TerminalSession implements WorkspaceTerminal {
  readonly #pty: Pty;
  readonly #process: ShellProcess;
  readonly #screen: TerminalScreen;
  readonly #files: ShellFiles;
  readonly #intake: TerminalIntake;
  readonly #options: TerminalSessionOptions;
  readonly #exited = Promise.withResolvers<void>();
  #commandId = 0;
  /** `starting`: the run line was typed, and the command has not begun. */
  #state: WorkspaceTerminal["state"] | "starting" = "starting";
  #end: CommandEnd | null = null;
  #interrupted = false;
  #closed = false;
  #familyEnd: Promise<unknown> | null = null;
  #workingDir: string;
  #shellPid: number | null = null;

  /** Starts a shell and waits for its first prompt. */
  static async open(options: TerminalSessionOptions): Promise<TerminalSession> {
    const ptys = await loadPty();
    const nonce = randomBytes(12).toString("hex");
    // Every command sees the tag, so it must not be the nonce.
    const tag = crypto.randomUUID();
    const files = await ShellFiles.make(options.shellFolder);
    try {
      const startup = await files.writeStartup(nonce);
      const screen = await TerminalScreen.open({
        columns: COLUMNS,
        rows: ROWS,
        markerNumber: MARKER_NUMBER,
        onText: options.onText,
      });
      const shell = [
        options.shellPath ?? "bash",
        "--noprofile",
        "--rcfile",
        startup,
        "--noediting",
        "-i",
      ] as const;
      const env = { ...options.env, AGENT_TERMINAL: tag };
      const use = { folders: [files.path], hasTerminal: true };
      const command = await options.wrap({ argv: shell, cwd: options.workingDir, env }, use);
      const { argv, cwd, env: variables } = command;
      const pty = ptys.start({ argv, cwd, env: variables, columns: COLUMNS, rows: ROWS });
      if (options.hasLowPriority) lowerPriority(pty.pid);
      const layers = command.layers + ptys.layers;
      const session = new TerminalSession({
        ...{ pty, screen, files, nonce, tag, options },
        command: { ...command, layers },
      });
      try {
        await session.#firstPrompt();
      } finally {
        await command.elsewhere?.started();
      }
      return session;
    } catch (error) {
      await files.remove();
      throw error;
    }
  }

  private constructor(parts: {
    pty: Pty;
    command: WrappedCommand;
    screen: TerminalScreen;
    files: ShellFiles;
    nonce: string;
    tag: string;
    options: TerminalSessionOptions;
  }) {
    this.#pty = parts.pty;
    this.#screen = parts.screen;
    this.#files = parts.files;
    this.#intake = new TerminalIntake(parts.pty, parts.screen);
    this.#process = this.#findProcess(parts.command, `AGENT_TERMINAL=${parts.tag}`);
    this.#workingDir = parts.options.workingDir;
    this.#options = parts.options;
    this.#screen.onMarker = (data) => this.#mark(parseMarker(data, parts.nonce));
    this.#pty.onData((text) => this.#intake.receive(text));
    this.#pty.onExit(({ exitCode, signal }) => void this.#exit(exitCode, signal ?? null));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get state(): WorkspaceTerminal["state"] {
    return this.#state === "starting" ? "running" : this.#state;
  }

  get workingDir(): string {
    return this.#workingDir;
  }

  get end(): CommandEnd | null {
    return this.#end;
  }

  get fullScreenText(): string | null {
    return this.#screen.fullScreen ? this.#screen.fullScreenText() : null;
  }

  get pendingText(): string {
    return this.#screen.pendingText();
  }

  async run(command: string, exports: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.#state !== "idle") throw new Error(`A command cannot start: the shell is ${this.#state}.`);
    try {
      await this.#files.writeCommand(command, exports);
    } catch (error) {
      // The next shell gets another folder.
      await this.close();
      throw error;
    }
    this.#state = "starting";
    this.#end = null;
    this.#interrupted = false;
    this.#commandId += 1;
    this.#intake.expectAnswer();
    this.#pty.write(runLine(this.#commandId));
  }

  get applicationCursorKeys(): boolean {
    return this.#screen.applicationCursorKeys;
  }

  write(text: string): void {
    this.#intake.expectAnswer();
    if (this.#state !== "exited") this.#pty.write(text);
  }

  wait(options: WaitOptions): Promise<WaitOutcome> {
    this.#intake.attend();
    return waitForEnd(
      {
        ended: () => this.#end !== null,
        received: () => this.#intake.received,
        lastOutput: () => this.#intake.lastOutput,
        settled: () => this.#intake.settled,
        waitsForInput: async () => this.#state === "running" && this.#process.waitsForInput(),
        onChange: (listener) => this.#intake.onChange(listener),
      },
      options,
    );
  }

  /**
   * Tries Ctrl-C, then SIGTERM and SIGKILL for the foreground process group, then SIGKILL for the shell, which may run
   * a builtin that ignores the rest.
   */
  async interrupt(): Promise<void> {
    this.#interrupted = true;
    const steps = [
      () => this.write("\x03"),
      () => this.#process.signalForeground("SIGTERM"),
      () => this.#process.signalForeground("SIGKILL"),
      () => this.#process.kill(),
    ];
    for (const step of steps) {
      if (this.state !== "running") return;
      await step();
      await this.wait({ timeout: INTERRUPT_PATIENCE });
    }
  }

  async close(): Promise<void> {
    await this.#endFamily();
    await Promise.race([this.#exited.promise, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    this.#closed = true;
    this.#screen.close();
    await this.#files.remove();
    this.#options.onClosed?.();
  }

  async #firstPrompt(): Promise<void> {
    const outcome = await this.wait({ timeout: START_LIMIT });
    if (outcome === "ended" && this.#state === "idle") {
      if (this.#options.hasLowPriority) this.#process.lowerPriority();
      await this.#files.forget("startup");
      return;
    }
    const said = this.pendingText;
    await this.close();
    throw new WorkspaceError("unavailable", `The shell did not start: ${said || "no prompt came"}`);
  }

  #findProcess({ layers, elsewhere }: WrappedCommand, tag: string): ShellProcess {
    const about = { first: this.pid, layers, tag };
    if (elsewhere === undefined) return new LocalShellProcess(about);
    const { promise: exited } = this.#exited;
    return new ShellElsewhere({ ...about, exited, processes: elsewhere, shellPid: () => this.#shellPid });
  }

  #mark(marker: TerminalMarker | null): void {
    if (marker === null) return;
    if (marker.kind === "started") {
      if (this.#state !== "starting" || marker.commandId !== this.#commandId) return;
      this.#state = "running";
      void this.#files.forget("command");
      this.#options.onStart?.();
      return;
    }
    if (!this.#process.isAtPrompt()) return;
    this.#workingDir = marker.workingDir;
    this.#shellPid ??= marker.shellPid;
    // A prompt before the command started belongs to something else that was typed, unless Ctrl-C took the command.
    if (this.#state === "starting" && this.#commandId > 0 && !this.#interrupted) return;
    if (this.#state === "exited") return;
    this.#state = "idle";
    const { kind, exitCode, backgroundPid, pythonPath } = marker;
    this.#end = { kind, exitCode, backgroundPid, pythonPath };
  }

  async #exit(exitCode: number, signal: number | null): Promise<void> {
    // The screen may not have the last output yet. A closed one never gets it.
    while (!this.#intake.settled && !this.#closed) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#state = "exited";
    const code = signal ? 128 + signal : exitCode;
    this.#end = { kind: "shell_exit", exitCode: code };
    this.#exited.resolve();
    this.#endFamily().catch(() => {});
    this.#intake.notify();
  }

  /** Ends every process once, at the latest when the shell has exited: later its id may belong to another process. */
  #endFamily(): Promise<unknown> {
    this.#familyEnd ??= this.#process.endFamily();
    return this.#familyEnd;
  }
}
