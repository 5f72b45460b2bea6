import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import type { IPty } from "@lydell/node-pty";
import { AgentServerError } from "../../../errors.ts";
import { endProcessFamily, sendSignal } from "../process-group.ts";
import { readProcess } from "../process-table.ts";
import { loadPty } from "./load-pty.ts";
import { ShellFiles } from "./shell-files.ts";
import { TerminalIntake } from "./terminal-intake.ts";
import { MARKER_NUMBER, parseMarker, runLine, type TerminalMarker } from "./terminal-marker.ts";
import { TerminalScreen } from "./terminal-screen.ts";
import { type WaitOptions, type WaitOutcome, waitForEnd } from "./terminal-wait.ts";
import { waitsForInput } from "./waits-for-input.ts";

export interface TerminalSessionOptions {
  /** Absolute path of an existing folder. */
  workingDir: string;
  /** All that commands see of an environment; see `childEnvironment`. */
  env: Readonly<Record<string, string>>;
  /** A bash; found in the PATH when not given. */
  shellPath?: string;
  /** Finished output, in order. What may still change on the screen is in `pendingText`. */
  onText(text: string): void;
  /** What comes from here on is of the command; what came before was printed by background jobs. */
  onStart(): void;
}

/** How a command ended: with a prompt, or together with its shell. */
export type CommandEnd =
  | (Extract<TerminalMarker, { kind: "prompt" }> & { shellExit: null })
  | { kind: "shell_exit"; exitCode: number; shellExit: { exitCode: number; signal: number | null } };

/** Wide enough that tables and progress bars do not fold; lines that do are joined again. */
const COLUMNS = 256;
const ROWS = 50;

const START_LIMIT = 15_000;
const INTERRUPT_PATIENCE = 400;

/**
 * A bash in a terminal of its own, in its own session of process groups. One command at a time; what the command
 * reads from the terminal comes through `write`. A shell that exits stays ended: open a new session.
 */
export class TerminalSession {
  readonly #pty: IPty;
  readonly #screen: TerminalScreen;
  readonly #files: ShellFiles;
  readonly #intake: TerminalIntake;
  readonly #tag: string;
  readonly #onStart: () => void;
  readonly #exited = Promise.withResolvers<void>();
  #commandId = 0;
  #state: "idle" | "starting" | "running" | "exited" = "starting";
  #end: CommandEnd | null = null;
  #interrupted = false;
  #closed = false;
  #familyEnd: Promise<boolean> | null = null;
  #workingDir: string;

  /** Starts a shell and waits for its first prompt. */
  static async open(options: TerminalSessionOptions): Promise<TerminalSession> {
    const folder = await stat(options.workingDir).catch(() => null);
    if (!folder?.isDirectory()) {
      throw new AgentServerError(
        "bad_request",
        `The working directory ${options.workingDir} is not a folder.`,
      );
    }
    const { spawn } = await loadPty();
    const nonce = randomBytes(12).toString("hex");
    // Seen by every command, so not the nonce.
    const tag = crypto.randomUUID();
    const files = await ShellFiles.make();
    try {
      const startup = await files.writeStartup(nonce);
      const screen = await TerminalScreen.open({
        columns: COLUMNS,
        rows: ROWS,
        markerNumber: MARKER_NUMBER,
        onText: options.onText,
      });
      const pty = spawn(
        options.shellPath ?? "bash",
        ["--noprofile", "--rcfile", startup, "--noediting", "-i"],
        {
          name: "xterm-256color",
          cols: COLUMNS,
          rows: ROWS,
          cwd: options.workingDir,
          env: { ...options.env, AGENT_TERMINAL: tag },
        },
      );
      const session = new TerminalSession({ pty, screen, files, nonce, tag, options });
      await session.#firstPrompt();
      return session;
    } catch (error) {
      await files.remove();
      throw error;
    }
  }

  private constructor(parts: {
    pty: IPty;
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
    this.#tag = `AGENT_TERMINAL=${parts.tag}`;
    this.#workingDir = parts.options.workingDir;
    this.#onStart = parts.options.onStart;
    this.#screen.onMarker = (data) => this.#mark(parseMarker(data, parts.nonce));
    this.#pty.onData((text) => this.#intake.receive(text));
    this.#pty.onExit(({ exitCode, signal }) => void this.#exit(exitCode, signal ?? null));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** True from `run` to the next prompt. */
  get running(): boolean {
    return this.#state === "starting" || this.#state === "running";
  }

  get exited(): boolean {
    return this.#state === "exited";
  }

  /** Where the shell stood at its last prompt. */
  get workingDir(): string {
    return this.#workingDir;
  }

  /** How the last command ended; null while it runs. */
  get end(): CommandEnd | null {
    return this.#end;
  }

  /** The screen of a program that has taken all of it, null when none has. */
  get fullScreenText(): string | null {
    return this.#screen.fullScreen ? this.#screen.fullScreenText() : null;
  }

  /** Output that is on the screen and may still change. */
  get pendingText(): string {
    return this.#screen.pendingText();
  }

  /** Starts a command, of any number of lines. `exports` become environment variables of the shell first. */
  async run(command: string, exports: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.#state !== "idle") throw new Error(`A command cannot start: the shell is ${this.#state}.`);
    await this.#files.writeCommand(command, exports);
    this.#state = "starting";
    this.#end = null;
    this.#interrupted = false;
    this.#commandId += 1;
    this.#intake.expectAnswer();
    this.#pty.write(runLine(this.#commandId));
  }

  /** True when the program has asked for the other codes of arrow keys, as most full-screen programs do. */
  get applicationCursorKeys(): boolean {
    return this.#screen.applicationCursorKeys;
  }

  /** Types text at the running program. */
  write(text: string): void {
    this.#intake.expectAnswer();
    if (this.#state !== "exited") this.#pty.write(text);
  }

  /** Waits for the command's end, or for one of the other ends of patience. */
  async wait(options: WaitOptions): Promise<WaitOutcome> {
    this.#intake.attend();
    return waitForEnd(
      {
        ended: () => this.#end !== null,
        received: () => this.#intake.received,
        lastOutput: () => this.#intake.lastOutput,
        settled: () => this.#intake.settled,
        waitsForInput: async () => this.#state === "running" && waitsForInput(this.pid),
        onChange: (listener) => this.#intake.onChange(listener),
      },
      options,
    );
  }

  /**
   * Stops the running command: Ctrl-C, then SIGTERM and SIGKILL to the group that has the terminal, and the shell
   * itself only when a command it runs without a process of its own does not let go.
   */
  async interrupt(): Promise<void> {
    this.#interrupted = true;
    const steps = [
      () => this.write("\x03"),
      () => this.#signalForeground("SIGTERM"),
      () => this.#signalForeground("SIGKILL"),
      () => sendSignal(this.pid, "SIGKILL"),
    ];
    for (const step of steps) {
      if (!this.running) return;
      step();
      await this.wait({ timeout: INTERRUPT_PATIENCE, signal: new AbortController().signal });
    }
  }

  /** Ends the shell and everything it started. Safe to call again. */
  async close(): Promise<void> {
    await this.#endFamily();
    await Promise.race([this.#exited.promise, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    this.#closed = true;
    this.#screen.close();
    await this.#files.remove();
  }

  async #firstPrompt(): Promise<void> {
    const outcome = await this.wait({ timeout: START_LIMIT, signal: new AbortController().signal });
    if (outcome === "ended" && this.#state === "idle") return;
    const said = this.pendingText;
    await this.close();
    throw new AgentServerError("unavailable", `The shell did not start: ${said || "no prompt came"}`);
  }

  #signalForeground(signal: NodeJS.Signals): void {
    const shell = readProcess(this.pid);
    if (shell === null || shell.foreground <= 0 || shell.foreground === shell.group) return;
    sendSignal(-shell.foreground, signal);
    sendSignal(-shell.foreground, "SIGCONT");
  }

  #mark(marker: TerminalMarker | null): void {
    if (marker === null) return;
    if (marker.kind === "started") {
      if (this.#state !== "starting" || marker.commandId !== this.#commandId) return;
      this.#state = "running";
      this.#onStart();
      return;
    }
    this.#workingDir = marker.workingDir;
    // A prompt before the command started belongs to something else that was typed, unless Ctrl-C took the command.
    if (this.#state === "starting" && this.#commandId > 0 && !this.#interrupted) return;
    if (this.#state === "exited") return;
    this.#state = "idle";
    this.#end = { ...marker, shellExit: null };
  }

  async #exit(exitCode: number, signal: number | null): Promise<void> {
    // The last output is still with the screen, unless that is closed.
    while (!this.#intake.settled && !this.#closed) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#state = "exited";
    const code = signal ? 128 + signal : exitCode;
    this.#end = { kind: "shell_exit", exitCode: code, shellExit: { exitCode, signal: signal || null } };
    this.#exited.resolve();
    void this.#endFamily();
    this.#intake.notify();
  }

  /** Once, and at the latest when the shell is gone: later its process id may be that of a stranger. */
  #endFamily(): Promise<boolean> {
    this.#familyEnd ??= endProcessFamily({ leader: this.pid, tag: this.#tag });
    return this.#familyEnd;
  }
}
