import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { messageOf } from "../../errors.ts";
import { LONGEST_TIMER, settledWithin } from "../../waiting.ts";
import { InputQueue } from "../../workspace/lines/input-queue.ts";
import { LineReader } from "../../workspace/lines/line-reader.ts";
import type { OutputChunk, RunResult, Workspace } from "../../workspace/workspace.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import { OutputBrake } from "./output-brake.ts";

/** A program that speaks MCP over its standard input and output. */
export interface StdioProgram {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Absolute path of a folder. Default: the working directory. */
  cwd?: string | undefined;
}

/** Milliseconds that a program has to end by itself when its input is closed. */
const GRACE = 2_000;

/** Lines of something else than messages after which a program counts as something else than an MCP server. */
const MAX_STRANGE_LINES = 1_000;

/** Characters that are kept of what a program wrote to its error output last. */
const STDERR_TAIL = 2_000;

/**
 * Runs a program in its group and passes its input on to it. When the input ends, the program has 5 seconds, then its
 * whole group ends: also a server that was killed leaves no program behind. When the program ends, so does what it has
 * left in the group. The shell itself says nothing about the signals.
 */
const KEEPER = `
trap : TERM
exec 3>&2 2>/dev/null
{ cat; exec >&-; sleep 5; kill -KILL 0; } | { exec 2>&3 3>&-; "$@"; code=$?; trap '' TERM; kill -TERM 0; exit $code; }
exit $?
`;

/** Speaks with a program on the machine of a workspace. */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #workspace: Workspace;
  readonly #program: StdioProgram;
  readonly #input = new InputQueue();
  readonly #lines = new LineReader(MAX_MESSAGE_BYTES);
  readonly #brake = new OutputBrake();
  readonly #ending = new AbortController();
  #toMessage: (line: string) => JSONRPCMessage = () => {
    throw new Error("The transport was not started");
  };
  #running: Promise<void> | undefined;
  #strangeLines = 0;
  #stderr = "";
  #fault: string | undefined;

  constructor(workspace: Workspace, program: StdioProgram) {
    this.#workspace = workspace;
    this.#program = program;
  }

  /** Why the program is no longer there, with the end of what it wrote to its error output. Empty while it runs well. */
  get lastWords(): string {
    return [this.#fault, this.#stderr.trim()].filter((words) => words).join("\n");
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) throw new Error("The transport was started before");
    const { deserializeMessage } = await import("@modelcontextprotocol/client");
    this.#toMessage = deserializeMessage;
    this.#running = this.#run();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#input.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  }

  async close(): Promise<void> {
    this.#input.end();
    if (this.#running === undefined) return;
    if (!(await settledWithin(this.#running, GRACE))) this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { command, args, env, cwd } = this.#program;
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
      this.#fault ??= endOf(result);
    } catch (error) {
      this.#fault ??= messageOf(error);
    }
    this.#input.end();
    this.onclose?.();
  }

  async #take({ stream, bytes }: OutputChunk): Promise<void> {
    if (stream === "stderr") {
      this.#stderr = (this.#stderr + new TextDecoder().decode(bytes)).slice(-STDERR_TAIL);
    } else {
      for (const line of this.#lines.push(bytes)) await this.#read(line);
    }
    this.#brake.count({ bytes: bytes.byteLength });
    await this.#brake.release();
  }

  async #read(line: string): Promise<void> {
    try {
      this.onmessage?.(this.#toMessage(line));
    } catch (error) {
      this.#strangeLines += 1;
      if (this.#strangeLines > MAX_STRANGE_LINES) {
        throw new Error(`it has written ${MAX_STRANGE_LINES} lines that are no messages of MCP`);
      }
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
    this.#brake.count({ messages: 1 });
    await this.#brake.release();
  }
}

function endOf({ outcome, exitCode, signal, stderr }: RunResult): string {
  if (outcome === "aborted") return "it was ended";
  if (stderr !== "") return stderr;
  return signal === null ? `it has ended with exit code ${exitCode}` : `it was ended by ${signal}`;
}
