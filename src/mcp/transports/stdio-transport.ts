import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { LineProgram } from "../../workspace/lines/line-program.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";

/** A program that speaks MCP over its standard input and output. */
export interface StdioProgram {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Absolute path of a folder. Default: the working directory. */
  cwd?: string | undefined;
}

/** Lines of something else than messages after which a program counts as something else than an MCP server. */
const MAX_STRANGE_LINES = 1_000;

/** Speaks with a program on the machine of a workspace. */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #workspace: Workspace;
  readonly #program: StdioProgram;
  #toMessage: (line: string) => JSONRPCMessage = () => {
    throw new Error("The transport was not started");
  };
  #running: LineProgram | undefined;
  #strangeLines = 0;

  constructor(workspace: Workspace, program: StdioProgram) {
    this.#workspace = workspace;
    this.#program = program;
  }

  /**
   * Why the program is no longer there, with the end of what it wrote to its error output. Empty while it runs well.
   */
  get lastWords(): string {
    return this.#running?.lastWords ?? "";
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) throw new Error("The transport was started before");
    const { deserializeMessage } = await import("@modelcontextprotocol/client");
    this.#toMessage = deserializeMessage;
    this.#running = new LineProgram(this.#workspace, {
      ...this.#program,
      maxLineBytes: MAX_MESSAGE_BYTES,
      onLine: (line) => this.#read(line),
      onEnd: () => this.onclose?.(),
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#running === undefined) throw new Error("The transport was not started");
    this.#running.write(JSON.stringify(message));
  }

  async close(): Promise<void> {
    await this.#running?.close();
  }

  #read(line: string): void {
    try {
      this.onmessage?.(this.#toMessage(line));
    } catch (error) {
      this.#strangeLines += 1;
      if (this.#strangeLines > MAX_STRANGE_LINES) {
        throw new Error(`it has written ${MAX_STRANGE_LINES} lines that are no messages of MCP`);
      }
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
