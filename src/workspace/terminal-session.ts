import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IPty } from "@lydell/node-pty";
import { AgentServerError } from "../errors.ts";
import { loadPty } from "./load-pty.ts";
import { endProcessFamily, sendSignal } from "./process-group.ts";
import { readProcess } from "./process-table.ts";
import { MARKER_NUMBER, parseMarker, runLine, shellStartup, type TerminalMarker } from "./terminal-marker.ts";
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
/** Characters from the terminal that wait for the emulator; beyond, the terminal is not read for a while. */
const QUEUE_HIGH = 1024 * 1024;
const QUEUE_LOW = 128 * 1024;
/** Characters taken in while nobody waits; beyond, a program that goes on printing is stopped by its full pipe. */
const UNATTENDED_LIMIT = 16 * 1024 * 1024;
const INTERRUPT_PATIENCE = 400;

/**
 * A bash in a terminal of its own, in its own session of process groups. One command at a time; what the command
 * reads from the terminal comes through `write`. A shell that exits stays ended: open a new session.
 */
export class TerminalSession {
  readonly #pty: IPty;
  readonly #screen: TerminalScreen;
  readonly #directory: string;
  readonly #tag: string;
  readonly #onStart: () => void;
  readonly #exited = Promise.withResolvers<void>();
  #queued = 0;
  #unattended = 0;
  #received = 0;
  #lastOutput = 0;
  #waiters = new Set<() => void>();
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
    // Command texts pass through this folder rather than the keyboard: they may be longer than a line of a
    // terminal, hold any character, and are seen by nobody else.
    const directory = await mkdtemp(join(tmpdir(), "agent-terminal-"));
    try {
      await writeFile(join(directory, "startup"), shellStartup({ nonce, directory }), { mode: 0o600 });
      const screen = await TerminalScreen.open({
        columns: COLUMNS,
        rows: ROWS,
        markerNumber: MARKER_NUMBER,
        onText: options.onText,
      });
      const pty = spawn(
        options.shellPath ?? "bash",
        ["--noprofile", "--rcfile", join(directory, "startup"), "--noediting", "-i"],
        {
          name: "xterm-256color",
          cols: COLUMNS,
          rows: ROWS,
          cwd: options.workingDir,
          env: { ...options.env, AGENT_TERMINAL: tag },
        },
      );
      const session = new TerminalSession({ pty, screen, directory, nonce, tag, options });
      await session.#firstPrompt();
      return session;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(parts: {
    pty: IPty;
    screen: TerminalScreen;
    directory: string;
    nonce: string;
    tag: string;
    options: TerminalSessionOptions;
  }) {
    this.#pty = parts.pty;
    this.#screen = parts.screen;
    this.#directory = parts.directory;
    this.#tag = `AGENT_TERMINAL=${parts.tag}`;
    this.#workingDir = parts.options.workingDir;
    this.#onStart = parts.options.onStart;
    this.#screen.onMarker = (data) => this.#mark(parseMarker(data, parts.nonce));
    this.#pty.onData((text) => this.#receive(text));
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
    await this.#writeFile("exports", toExports(exports));
    await this.#writeFile("command", command.replaceAll("\0", ""));
    this.#state = "starting";
    this.#end = null;
    this.#interrupted = false;
    this.#commandId += 1;
    this.#attend();
    this.#lastOutput = performance.now();
    this.#pty.write(runLine(this.#commandId));
  }

  /** True when the program has asked for the other codes of arrow keys, as most full-screen programs do. */
  get applicationCursorKeys(): boolean {
    return this.#screen.applicationCursorKeys;
  }

  /** Types text at the running program. */
  write(text: string): void {
    this.#attend();
    this.#lastOutput = performance.now();
    if (this.#state !== "exited") this.#pty.write(text);
  }

  /** Waits for the command's end, or for one of the other ends of patience. */
  async wait(options: WaitOptions): Promise<WaitOutcome> {
    this.#attend();
    return waitForEnd(
      {
        ended: () => this.#end !== null,
        received: () => this.#received,
        lastOutput: () => this.#lastOutput,
        settled: () => this.#queued === 0,
        waitsForInput: async () => this.#state === "running" && waitsForInput(this.pid),
        onChange: (listener) => {
          this.#waiters.add(listener);
          return () => this.#waiters.delete(listener);
        },
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
    await rm(this.#directory, { recursive: true, force: true });
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

  /** A reader is there: output that was held back flows again. */
  #attend(): void {
    this.#unattended = 0;
    if (this.#queued < QUEUE_HIGH) this.#pty.resume();
  }

  #receive(text: string): void {
    this.#queued += text.length;
    this.#received += text.length;
    this.#lastOutput = performance.now();
    if (this.#waiters.size === 0) this.#unattended += text.length;
    if (this.#queued > QUEUE_HIGH || this.#unattended > UNATTENDED_LIMIT) this.#pty.pause();
    this.#screen.write(text, () => this.#digested(text.length));
  }

  #digested(length: number): void {
    const before = this.#queued;
    this.#queued -= length;
    this.#lastOutput = performance.now();
    const drained = before >= QUEUE_LOW && this.#queued < QUEUE_LOW;
    if (drained && this.#unattended <= UNATTENDED_LIMIT) this.#pty.resume();
    this.#notify();
  }

  #mark(marker: TerminalMarker | null): void {
    if (marker === null) return;
    if (marker.kind === "started") {
      if (this.#state !== "starting" || marker.commandId !== this.#commandId) return;
      this.#state = "running";
      this.#onStart();
      void rm(join(this.#directory, "exports"), { force: true });
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
    while (this.#queued > 0 && !this.#closed) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#state = "exited";
    const code = signal ? 128 + signal : exitCode;
    this.#end = { kind: "shell_exit", exitCode: code, shellExit: { exitCode, signal: signal || null } };
    this.#exited.resolve();
    void this.#endFamily();
    this.#notify();
  }

  /** Once, and at the latest when the shell is gone: later its process id may be that of a stranger. */
  #endFamily(): Promise<boolean> {
    this.#familyEnd ??= endProcessFamily({ leader: this.pid, tag: this.#tag });
    return this.#familyEnd;
  }

  #notify(): void {
    for (const look of [...this.#waiters]) look();
  }

  async #writeFile(name: string, text: string): Promise<void> {
    // A command may have cleaned up the temporary files of everybody.
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#directory, name), text, { mode: 0o600 });
  }
}

function toExports(exports: Readonly<Record<string, string>>): string {
  const quote = (value: string) => `'${value.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
  return Object.entries(exports)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join("");
}
