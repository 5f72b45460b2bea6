import { setTimeout as sleep } from "node:timers/promises";
import type { Argv, RunOptions, RunResult } from "../../src/workspace/workspace.ts";
import type {
  CommandEnd,
  TerminalOptions,
  WaitOptions,
  WaitOutcome,
  WorkspaceTerminal,
} from "../../src/workspace/workspace-terminal.ts";

export type Run = (argv: Argv, options?: RunOptions) => Promise<RunResult>;

/** Stands around what the shell says about itself. */
const FENCE = "\x1e";
const REPORT = `printf '${FENCE}%s;%s;%s${FENCE}' "$?" "\${!:--1}" "$PWD"`;

/** A shell without a terminal: it reads commands from a pipe, as over a connection that offers nothing else. */
export class CommandTerminal implements WorkspaceTerminal {
  readonly pendingText = "";
  readonly fullScreenText = null;
  readonly applicationCursorKeys = false;
  state: WorkspaceTerminal["state"] = "running";
  end: CommandEnd | null = null;
  workingDir = "";
  readonly #run: Run;
  readonly #options: TerminalOptions;
  readonly #input = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 1000 });
  readonly #writer = this.#input.writable.getWriter();
  readonly #closing = new AbortController();
  readonly #shell: Promise<void>;
  #pid = "";
  #held = "";
  #printed = 0;
  #printedAt = 0;

  static async open(run: Run, options: TerminalOptions): Promise<CommandTerminal> {
    const terminal = new CommandTerminal(run, options);
    terminal.#send(`exec 2>&1; printf '${FENCE}%s${FENCE}' "$$"; ${REPORT}`);
    await terminal.wait({ timeout: 20_000 });
    return terminal;
  }

  private constructor(run: Run, options: TerminalOptions) {
    this.#run = run;
    this.#options = options;
    const decoder = new TextDecoder();
    this.#shell = run([options.shellPath ?? "bash"], {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.env !== undefined && { env: options.env }),
      stdin: this.#input.readable,
      signal: this.#closing.signal,
      onOutput: ({ bytes }) => this.#take(decoder.decode(bytes, { stream: true })),
    }).then(({ exitCode, signal }) => {
      this.state = "exited";
      this.end = { kind: "shell_exit", exitCode: exitCode ?? (signal === null ? 1 : 137) };
    });
  }

  async run(command: string, exports: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.state !== "idle") throw new Error(`The shell is ${this.state}.`);
    this.state = "running";
    this.end = null;
    this.#options.onStart?.();
    const values = Object.entries(exports).map(([name, value]) => `export ${name}=${quote(value)}\n`);
    // One line, so that a command that reads gets what is typed and not the rest of this.
    this.#send(`${values.join("")}eval ${quote(command)}; ${REPORT}`);
  }

  write(text: string): void {
    if (this.state !== "exited") this.#writeInput(text.replaceAll("\r", "\n"));
  }

  async wait({
    timeout,
    quiet = timeout,
    flood = Number.POSITIVE_INFINITY,
    signal,
  }: WaitOptions): Promise<WaitOutcome> {
    const startedAt = performance.now();
    const floodAt = this.#printed + flood;
    for (;;) {
      if (this.state !== "running") return "ended";
      if (signal?.aborted) return "aborted";
      if (this.#printed > floodAt) return "flood";
      const now = performance.now();
      if (now - startedAt >= timeout) return "timeout";
      if (now - Math.max(startedAt, this.#printedAt) >= quiet) return "quiet";
      await sleep(10);
    }
  }

  async interrupt(): Promise<void> {
    for (const signal of ["INT", "TERM", "KILL"]) {
      await this.#run(["pkill", `-${signal}`, "-P", this.#pid]);
      if ((await this.wait({ timeout: 400 })) === "ended") return;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#shell;
  }

  #send(line: string): void {
    this.#writeInput(`${line}\n`);
  }

  #writeInput(text: string): void {
    this.#writer.write(new TextEncoder().encode(text)).catch(() => {});
  }

  #take(text: string): void {
    this.#printed += text.length;
    this.#printedAt = performance.now();
    const parts = (this.#held + text).split(FENCE);
    // An even number of fences closes every report; an open one waits for its rest.
    this.#held = parts.length % 2 === 0 ? FENCE + parts.pop() : "";
    for (const [index, part] of parts.entries()) {
      if (index % 2 === 0) this.#options.onText(part);
      else this.#report(part);
    }
  }

  #report(text: string): void {
    const [first = "", background, ...folder] = text.split(";");
    if (background === undefined) {
      this.#pid = first;
      return;
    }
    this.workingDir = folder.join(";");
    this.state = "idle";
    this.end = {
      kind: "prompt",
      exitCode: Number(first),
      backgroundPid: Number(background),
      pythonPath: null,
    };
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
