import { messageOf } from "../../errors.ts";
import { LONGEST_TIMER, settledWithin } from "../../waiting.ts";
import type { OutputChunk, RunResult, Workspace } from "../workspace.ts";
import { InputQueue } from "./input-queue.ts";
import { LineReader } from "./line-reader.ts";
import { OutputBrake } from "./output-brake.ts";

/** A program that reads and writes messages, one on each line. */
export interface LineProgramOptions {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Absolute path of a folder. Default: the working directory. */
  cwd?: string | undefined;
  /** Bytes of the longest line. A program that writes a longer one is ended. */
  maxLineBytes: number;
  /** Takes a line of the output. While the promise is open, the program waits. A throw ends the program. */
  onLine(line: string): void | Promise<void>;
  /** Takes what the program writes to its error output. Default: only its end is kept. */
  onErrorOutput?(text: string): void;
  /** Called once, when the program has ended for whatever reason. */
  onEnd(): void;
}

/** Milliseconds that a program has to end by itself when its input is closed. */
const GRACE = 2_000;

/** Characters that are kept of what a program wrote to its error output last. */
const STDERR_TAIL = 2_000;

/**
 * Runs a program in its group and passes its input on to it. When the input ends, the program has 5 seconds, then its
 * whole group ends: also a server that was killed leaves no program behind. When the program ends, so does what it has
 * left in the group. The shell itself says nothing about the signals. An empty line tells that the part which passes
 * the input on is there to get them: a program may end at once.
 */
const KEEPER = `
trap : TERM
exec 3>&2 2>/dev/null
{ echo; cat; exec >&-; sleep 5; kill -KILL 0; } | { read -r ready; exec 2>&3 3>&-; "$@"; code=$?; trap '' TERM; kill -TERM 0; exit $code; }
exit $?
`;

/** A program on the machine of a workspace that is spoken to line by line. It starts at once. */
export class LineProgram {
  readonly #workspace: Workspace;
  readonly #options: LineProgramOptions;
  readonly #input = new InputQueue();
  readonly #lines: LineReader;
  readonly #brake = new OutputBrake();
  readonly #ending = new AbortController();
  readonly #decoder = new TextDecoder();
  #running: Promise<void>;
  #exitCode: number | null = null;
  #stderr = "";
  #fault: string | undefined;

  constructor(workspace: Workspace, options: LineProgramOptions) {
    this.#workspace = workspace;
    this.#options = options;
    this.#lines = new LineReader(options.maxLineBytes);
    this.#running = this.#run();
  }

  /**
   * Why the program is no longer there, with the end of what it wrote to its error output. Empty while it runs well.
   */
  get lastWords(): string {
    return [this.#fault, this.#stderr.trim()].filter((words) => words).join("\n");
  }

  /** The code that the program has ended with; null while it runs, and where a signal has ended it. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Sends a line. Throws when the program has ended or left too much unread. */
  write(line: string): void {
    this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Closes the input and ends the program if it does not end by itself. Resolves when it has ended. */
  async close(): Promise<void> {
    this.#input.end();
    if (!(await settledWithin(this.#running, GRACE))) this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { command, args, env, cwd } = this.#options;
    try {
      const result = await this.#workspace.run(["/bin/sh", "-c", KEEPER, "sh", command, ...args], {
        env,
        ...(cwd === undefined ? {} : { cwd }),
        timeout: LONGEST_TIMER,
        signal: this.#ending.signal,
        stdin: this.#input,
        maxBytes: 0,
        onOutput: (chunk) => this.#take(chunk),
      });
      this.#exitCode = result.exitCode;
      this.#fault ??= endOf(result);
    } catch (error) {
      this.#fault ??= messageOf(error);
    }
    this.#input.end();
    this.#options.onEnd();
  }

  async #take({ stream, bytes }: OutputChunk): Promise<void> {
    if (stream === "stderr") this.#takeError(this.#decoder.decode(bytes, { stream: true }));
    else {
      for (const line of this.#lines.push(bytes)) {
        await this.#options.onLine(line);
        this.#brake.count({ messages: 1 });
        await this.#brake.release();
      }
    }
    this.#brake.count({ bytes: bytes.byteLength });
    await this.#brake.release();
  }

  #takeError(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    this.#options.onErrorOutput?.(text);
  }
}

function endOf({ outcome, exitCode, signal, stderr }: RunResult): string {
  if (outcome === "aborted") return "it was ended";
  if (stderr !== "") return stderr;
  return signal === null ? `it has ended with exit code ${exitCode}` : `it was ended by ${signal}`;
}
