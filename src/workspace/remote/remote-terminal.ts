import { randomBytes } from "node:crypto";
import { shellQuote } from "../../shell-quote.ts";
import type {
  CommandEnd,
  TerminalOptions,
  WaitOptions,
  WaitOutcome,
  WorkspaceTerminal,
} from "../workspace-terminal.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import { RemoteProcess } from "./run/remote-process.ts";
import { lost } from "./server/remote-failure.ts";
import { textPieces } from "./server/remote-server.ts";
import { reportCommand, ShellReports } from "./shell-reports.ts";

/** Milliseconds until the first prompt. */
const START_LIMIT = 20_000;
/** Milliseconds between two steps of an interrupt. */
const INTERRUPT_PATIENCE = 600;
/** Milliseconds between two signs of life to the shell, which ends ten minutes after the last one. */
const LEASE_EVERY = 120_000;
/** Seconds that a shell may live. */
const LONGEST_SECONDS = 2_000_000;

/** Waits that are looked at again when nothing has happened. */
const LOOK_EVERY = 100;

/** Milliseconds between two looks at the output, while a command runs and while none does. */
const RUNNING_PAUSE = 250;
const IDLE_PAUSE = 2000;

/** Exit code of a shell that SIGTERM has ended. */
const STOPPED = 143;

/**
 * Words that the shell reports at its prompt: its last exit code, the last job in the background, its folder, a Python.
 */
const PROMPT = ["prompt", '"$?"', `"\${!:--1}"`, '"$PWD"', '"$(type -P python)"'];

/** Ctrl-C. Only a real terminal would turn it into a signal. */
const INTERRUPT = "\x03";

/** A bash on the other machine that reads its commands from a pipe. Programs see pipes, not a terminal. */
export class RemoteTerminal implements WorkspaceTerminal {
  readonly pendingText = "";
  readonly fullScreenText = null;
  readonly applicationCursorKeys = false;
  state: WorkspaceTerminal["state"] = "running";
  end: CommandEnd | null = null;
  workingDir: string;
  readonly #machine: RemoteMachine;
  readonly #options: TerminalOptions & { workingDir: string };
  readonly #nonce = randomBytes(12).toString("hex");
  readonly #reports = new ShellReports(this.#nonce);
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #process: RemoteProcess | null = null;
  #lease: ReturnType<typeof setInterval> | undefined;
  #typing: Promise<void> = Promise.resolve();
  #pieces = 0;
  #printed = 0;
  #printedAt = 0;
  #changed = Promise.withResolvers<void>();

  /** Starts a shell and waits for its first prompt. */
  static async open(
    machine: RemoteMachine,
    options: TerminalOptions & { workingDir: string },
  ): Promise<RemoteTerminal> {
    const terminal = new RemoteTerminal(machine, options);
    await terminal.#open();
    return terminal;
  }

  private constructor(machine: RemoteMachine, options: TerminalOptions & { workingDir: string }) {
    this.#machine = machine;
    this.#options = options;
    this.workingDir = options.workingDir;
  }

  async run(command: string, exports: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.state !== "idle") throw new Error(`A command cannot start: the shell is ${this.state}.`);
    this.state = "running";
    this.end = null;
    const names = Object.entries(exports).filter(([name]) => /^[A-Za-z_]\w*$/.test(name));
    const values = names.map(([name, value]) => `export ${name}=${word(value)}; `).join("");
    // One line, so that a command that reads gets what is typed and not the rest of this. Jobs in the background are
    // noted first: an interrupt is not for them.
    const kept = `{ read -r __agent_kept </proc/$$/task/$$/children; echo "$__agent_kept" >"$__agent_run/kept"; } 2>/dev/null; `;
    const started = reportCommand(this.#nonce, ["start"]);
    await this.#type(`${values}${kept}${started}; eval ${word(command)}; ${this.#prompt()}\n`);
  }

  write(text: string): void {
    if (this.state === "exited") return;
    for (const [index, part] of text.split(INTERRUPT).entries()) {
      if (index > 0) this.#signal("INT").catch(() => {});
      if (part !== "") this.#type(part.replaceAll("\r", "\n")).catch(() => {});
    }
  }

  async wait({ timeout, quiet, flood, signal }: WaitOptions): Promise<WaitOutcome> {
    const startedAt = performance.now();
    const floodAt = this.#printed + (flood ?? Number.POSITIVE_INFINITY);
    for (;;) {
      if (this.state !== "running") return "ended";
      if (signal?.aborted) return "aborted";
      if (this.#printed > floodAt) return "flood";
      const now = performance.now();
      const left = startedAt + timeout - now;
      const silence =
        quiet === undefined ? Number.POSITIVE_INFINITY : Math.max(startedAt, this.#printedAt) + quiet - now;
      if (left <= 0) return "timeout";
      if (silence <= 0) return "quiet";
      await this.#change(Math.min(left, silence, LOOK_EVERY));
    }
  }

  /** Tries SIGINT, SIGTERM and SIGKILL for what the command has started, then ends the shell. */
  async interrupt(): Promise<void> {
    for (const name of ["INT", "TERM", "KILL"] as const) {
      if (this.state !== "running") return;
      await this.#signal(name).catch(() => {});
      await this.wait({ timeout: INTERRUPT_PATIENCE });
    }
    if (this.state === "running") await this.close();
  }

  async close(): Promise<void> {
    clearInterval(this.#lease);
    await this.#process?.stop();
    this.#exit(STOPPED);
  }

  async #open(): Promise<void> {
    const { shellPath = "bash", env = {}, workingDir } = this.#options;
    const tag = `AGENT_TERMINAL=${crypto.randomUUID()}`;
    const [name = "", value = ""] = tag.split("=");
    // The runner sends signals to what this process starts.
    const announce = 'echo $$ >"$0/shell" && exec "$@"';
    let folder = "";
    const process = await RemoteProcess.start(this.#machine, {
      spec(own) {
        folder = own;
        const shell = [shellPath, "--noprofile", "--norc"];
        return {
          argv: ["sh", "-c", announce, own, ...shell],
          cwd: workingDir,
          env: { TERM: "dumb", ...env, [name]: value },
          input: "shell",
        };
      },
      timeoutSeconds: LONGEST_SECONDS,
      tag,
      onOutput: (_stream, bytes) => this.#take(this.#decoder.decode(bytes, { stream: true })),
      longestPause: () => (this.state === "running" ? RUNNING_PAUSE : IDLE_PAUSE),
    });
    this.#process = process;
    process.ended.then(
      (status) => this.#exit(status ?? STOPPED),
      () => this.#exit(STOPPED),
    );
    this.#lease = setInterval(() => void this.#renew(process), LEASE_EVERY);
    this.#lease.unref();
    const setUp = `exec 2>&1 7>&1; shopt -s expand_aliases execfail 2>/dev/null; __agent_run=${shellQuote(folder)}`;
    await this.#type(`${setUp}; ${this.#prompt()}\n`);
    if ((await this.wait({ timeout: START_LIMIT })) === "ended" && this.#stateNow() === "idle") return;
    await this.close();
    throw lost(this.#machine.remote, `its shell ${shellPath} did not start`);
  }

  #prompt(): string {
    return reportCommand(this.#nonce, PROMPT);
  }

  /** Types in order. What fails here is lost with the shell. */
  #type(text: string): Promise<void> {
    const typed = this.#typing.then(async () => {
      this.#pieces += 1;
      await this.#process?.write(`in.${this.#pieces}`, new TextEncoder().encode(text.replaceAll("\0", "")));
    });
    this.#typing = typed.catch(() => this.close());
    return typed;
  }

  async #signal(name: "INT" | "TERM" | "KILL"): Promise<void> {
    await this.#process?.tell("signal", name);
    this.#process?.wake();
  }

  async #renew(process: RemoteProcess): Promise<void> {
    await this.#machine.server.upload(process.path("lease"), textPieces("")).catch(() => {});
  }

  #take(text: string): void {
    for (const part of this.#reports.push(text)) {
      if (part.kind === "text") this.#print(part.text);
      else this.#report(part.fields);
    }
    this.#notify();
  }

  #print(text: string): void {
    this.#printed += text.length;
    this.#printedAt = performance.now();
    this.#options.onText(text);
  }

  #report([kind, exitCode, background, folder, python]: readonly string[]): void {
    if (kind === "start") {
      this.#options.onStart?.();
      return;
    }
    this.workingDir = folder ?? this.workingDir;
    this.state = "idle";
    this.end = {
      kind: "prompt",
      exitCode: Number(exitCode),
      backgroundPid: Number(background),
      pythonPath: python || null,
    };
  }

  #exit(exitCode: number): void {
    if (this.state === "exited") return;
    clearInterval(this.#lease);
    this.#print(this.#reports.end());
    this.state = "exited";
    this.end = { kind: "shell_exit", exitCode };
    this.#notify();
  }

  #stateNow(): WorkspaceTerminal["state"] {
    return this.state;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #change(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([this.#changed.promise, over]);
    clearTimeout(timer);
  }
}

/** A word of bash. Commands and variables can hold no zero character. */
function word(text: string): string {
  return shellQuote(text.replaceAll("\0", ""));
}
