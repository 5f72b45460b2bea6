import { randomBytes } from "node:crypto";
import { shellQuote } from "../../shell-quote.ts";
import type { ResumedTerminal } from "../workspace.ts";
import type { CommandEnd, TerminalOptions, WaitOptions, WaitOutcome } from "../workspace-terminal.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import { RemoteProcess, type RemoteProcessOptions } from "./run/remote-process.ts";
import { lost } from "./server/remote-failure.ts";
import { textPieces } from "./server/remote-server.ts";
import { noteShell, readShell, type ShellNote } from "./shell-note.ts";
import { reportCommand, ShellReports } from "./shell-reports.ts";

type Opening = TerminalOptions & { workingDir: string };

/** Milliseconds until the first prompt, and until a command begins that was typed. */
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
export class RemoteTerminal implements ResumedTerminal {
  readonly pendingText = "";
  readonly fullScreenText = null;
  readonly applicationCursorKeys = false;
  state: ResumedTerminal["state"] = "running";
  end: CommandEnd | null = null;
  workingDir: string;
  readonly #machine: RemoteMachine;
  readonly #options: Opening;
  readonly #nonce: string;
  readonly #reports: ShellReports;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #process: RemoteProcess | null = null;
  #lease: ReturnType<typeof setInterval> | undefined;
  #typing: Promise<void> = Promise.resolve();
  #pieces = 0;
  /** Ids of the commands that have begun, as far as the log shows, while nothing is passed on yet. */
  readonly #begun = new Set<string>();
  /** Output of the newest of them so far, while nothing is passed on yet. */
  #held: string | null = null;
  #isLogWhole = true;
  #printed = 0;
  #printedAt = 0;
  #changed = Promise.withResolvers<void>();

  /** Starts a shell and waits for its first prompt. */
  static async open(machine: RemoteMachine, options: Opening): Promise<RemoteTerminal> {
    const terminal = new RemoteTerminal(machine, options, randomBytes(12).toString("hex"));
    await terminal.#open();
    return terminal;
  }

  /** Finds the shell that was opened under a name. null when none lives. */
  static async resume(
    machine: RemoteMachine,
    options: Opening & { name: string },
  ): Promise<RemoteTerminal | null> {
    const note = await readShell(machine, options.name);
    if (note === null || (await machine.server.end(note.id)) !== null) return null;
    const terminal = new RemoteTerminal(machine, options, note.nonce);
    await terminal.#resume(note);
    return terminal.state === "exited" ? null : terminal;
  }

  private constructor(machine: RemoteMachine, options: Opening, nonce: string) {
    this.#machine = machine;
    this.#options = options;
    this.#nonce = nonce;
    this.#reports = new ShellReports(nonce);
    this.workingDir = options.workingDir;
  }

  async run(command: string, exports: Readonly<Record<string, string>> = {}, callId?: string): Promise<void> {
    if (this.state !== "idle") throw new Error(`A command cannot start: the shell is ${this.state}.`);
    this.state = "running";
    this.end = null;
    this.#held = null;
    const names = Object.entries(exports).filter(([name]) => /^[A-Za-z_]\w*$/.test(name));
    const values = names.map(([name, value]) => `export ${name}=${word(value)}; `).join("");
    // One line, so that a command that reads gets what is typed and not the rest of this. Jobs in the background are
    // noted first: an interrupt is not for them.
    const kept = `{ read -r __agent_kept </proc/$$/task/$$/children; echo "$__agent_kept" >"$__agent_run/kept"; } 2>/dev/null; `;
    const id = this.#machine.lasts && callId !== undefined ? this.#typedId(callId) : undefined;
    const started = reportCommand(this.#nonce, ["start", id ?? ""]);
    await this.#type(`${values}${kept}${started}; eval ${word(command)}; ${this.#prompt()}\n`, id);
  }

  async resume(callId: string): Promise<boolean> {
    const id = this.#typedId(callId);
    if (!(await this.#machine.server.wasStarted(id))) return false;
    // It may have been on its way when its server died.
    await this.#process?.pass(inputName(id), id);
    const deadline = performance.now() + START_LIMIT;
    while (this.#isLogWhole && !this.#begun.has(id) && performance.now() < deadline)
      await this.#change(LOOK_EVERY);
    const isNewest = this.#begun.has(id)
      ? [...this.#begun].at(-1) === id
      : !this.#isLogWhole && this.#begun.size === 0;
    if (isNewest) this.#passOn();
    return isNewest;
  }

  write(text: string): void {
    if (this.state === "exited") return;
    for (const [index, part] of text.split(INTERRUPT).entries()) {
      if (index > 0) this.#signal("INT").catch(() => {});
      if (part !== "") this.#type(part.replaceAll("\r", "\n")).catch(() => {});
    }
  }

  async wait({ timeout, quiet, flood, signal }: WaitOptions): Promise<WaitOutcome> {
    this.#passOn();
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
    const { shellPath = "bash", env = {}, workingDir, name: shellName } = this.#options;
    const tag = `AGENT_TERMINAL=${crypto.randomUUID()}`;
    const [name = "", value = ""] = tag.split("=");
    // The runner sends signals to what this process starts.
    const announce = 'echo $$ >"$0/shell" && exec "$@"';
    let folder = "";
    const process = await RemoteProcess.start(this.#machine, {
      ...this.#following(tag),
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
    });
    this.#follow(process);
    if (this.#machine.lasts && shellName !== undefined) {
      const note = { ...process.place, nonce: this.#nonce, tag };
      await noteShell(this.#machine, shellName, note);
    }
    const setUp = `exec 2>&1 7>&1; shopt -s expand_aliases execfail 2>/dev/null; __agent_run=${shellQuote(folder)}`;
    await this.#type(`${setUp}; ${this.#prompt()}\n`);
    if ((await this.wait({ timeout: START_LIMIT })) === "ended" && this.#stateNow() === "idle") return;
    await this.close();
    throw lost(this.#machine.remote, `its shell ${shellPath} did not start`);
  }

  /** Reads what the shell has done, up to now. Nothing of it is passed on before `resume`. */
  async #resume({ tag, ...place }: ShellNote): Promise<void> {
    this.#held = "";
    const resumed = await RemoteProcess.resume(this.#machine, this.#following(tag), place);
    this.#isLogWhole = resumed.isWhole;
    this.#follow(resumed.process);
    await this.#renew(resumed.process);
    await resumed.process.caughtUp;
  }

  #following(tag: string): RemoteProcessOptions {
    return {
      timeoutSeconds: LONGEST_SECONDS,
      tag,
      onOutput: (_stream, bytes) => this.#take(this.#decoder.decode(bytes, { stream: true })),
      longestPause: () => (this.state === "running" ? RUNNING_PAUSE : IDLE_PAUSE),
    };
  }

  #follow(process: RemoteProcess): void {
    this.#process = process;
    process.ended.then(
      (status) => this.#exit(status ?? STOPPED),
      () => this.#exit(STOPPED),
    );
    this.#lease = setInterval(() => void this.#renew(process), LEASE_EVERY);
    this.#lease.unref();
  }

  #typedId(callId: string): string {
    return this.#machine.idOf("type", this.#nonce, callId);
  }

  #prompt(): string {
    return reportCommand(this.#nonce, PROMPT);
  }

  /** Types in order, under an id once. What fails here is lost with the shell. */
  #type(text: string, id?: string): Promise<void> {
    const typed = this.#typing.then(async () => {
      this.#pieces += 1;
      const name = inputName(id ?? `${this.#machine.owner}${this.#pieces}`);
      await this.#process?.write(name, new TextEncoder().encode(text.replaceAll("\0", "")), id);
    });
    this.#typing = typed.catch(() => this.close());
    return typed;
  }

  async #signal(name: "INT" | "TERM" | "KILL"): Promise<void> {
    await this.#process?.tell("signal", name);
    this.#process?.wake();
  }

  async #renew(process: RemoteProcess): Promise<void> {
    const { server } = this.#machine;
    await server.upload(process.path("lease"), textPieces(""), { isLook: true }).catch(() => {});
  }

  #take(text: string): void {
    for (const part of this.#reports.push(text)) {
      if (part.kind === "text") this.#print(part.text);
      else this.#report(part.fields);
    }
    this.#notify();
  }

  #passOn(): void {
    const held = this.#held ?? "";
    this.#held = null;
    if (held !== "") this.#print(held);
  }

  #print(text: string): void {
    if (this.#held !== null) {
      this.#held += text;
      return;
    }
    this.#printed += text.length;
    this.#printedAt = performance.now();
    this.#options.onText(text);
  }

  #report([kind, exitCode, background, folder, python]: readonly string[]): void {
    if (kind === "start") {
      this.#started(exitCode ?? "");
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

  #started(id: string): void {
    this.state = "running";
    this.end = null;
    if (this.#held === null) {
      this.#options.onStart?.();
      return;
    }
    this.#begun.add(id);
    this.#held = "";
  }

  #exit(exitCode: number): void {
    if (this.state === "exited") return;
    clearInterval(this.#lease);
    this.#print(this.#reports.end());
    this.state = "exited";
    this.end = { kind: "shell_exit", exitCode };
    this.#notify();
  }

  #stateNow(): ResumedTerminal["state"] {
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

function inputName(id: string): string {
  return `in.${id}`;
}

/** A word of bash. Commands and variables can hold no zero character. */
function word(text: string): string {
  return shellQuote(text.replaceAll("\0", ""));
}
