import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { shellQuote } from "../../../../shell-quote.ts";
import { type Pty, type PtyCommand, type PtyExit, type Ptys, TERMINAL_NAME } from "./pty.ts";

/** Where the program lies. Not looked for in the PATH: a folder in it may be one that agents write to. */
const PROGRAM = "/usr/bin/script";

/** Milliseconds until the program has said its version. */
const PATIENCE = 10_000;

/**
 * Pseudo-terminals of the program `script`, which makes one for a command and passes on what is typed and printed.
 * null where there is none of util-linux: others have neither its options nor the exit code of the command.
 */
export async function scriptPtys(): Promise<Ptys | null> {
  const version = promisify(execFile)(PROGRAM, ["--version"], { timeout: PATIENCE });
  const said = await version.catch(() => ({ stdout: "" }));
  if (!said.stdout.includes("util-linux")) return null;
  return { layers: 1, start: (command) => new ScriptPty(command) };
}

class ScriptPty implements Pty {
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(command: PtyCommand) {
    const { cwd, env } = command;
    // It starts commands with this shell, whatever the user's is.
    const environment = { ...env, TERM: TERMINAL_NAME, SHELL: "/bin/sh" };
    const parameters = ["--quiet", "--return", "--flush", "--command", scriptOf(command), "/dev/null"];
    this.#child = spawn(PROGRAM, parameters, { cwd, env: environment, detached: true });
    // A failed start has no process, and its end is the one that is reported.
    this.pid = this.#child.pid ?? 0;
    this.#child.on("error", () => {});
    // What is typed after the end is lost, as in any terminal.
    this.#child.stdin.on("error", () => {});
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  pause(): void {
    this.#child.stdout.pause();
  }

  resume(): void {
    this.#child.stdout.resume();
  }

  onData(listener: (text: string) => void): void {
    // Faults of the program itself come on its standard error.
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding("utf8").on("data", listener);
  }

  onExit(listener: (exit: PtyExit) => void): void {
    this.#child.once("close", (code: number | null) => listener({ exitCode: code ?? 1 }));
  }
}

/** Sets up the terminal, which has no size and no echo where `script` is not started in one, and becomes the program. */
function scriptOf({ argv, env, columns, rows }: PtyCommand): string {
  const shell = env.SHELL === undefined ? "unset SHELL" : `export SHELL=${shellQuote(env.SHELL)}`;
  return `stty echo cols ${columns} rows ${rows}; ${shell}; exec ${argv.map(shellQuote).join(" ")}`;
}
