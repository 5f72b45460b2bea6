import type {
  AnyMessage,
  ClientApp,
  ClientConnection,
  ClientContext,
  Stream,
} from "@agentclientprotocol/sdk";
import { isObject } from "../../is-object.ts";
import { settledWithin } from "../../waiting.ts";
import { LineProgram } from "../../workspace/lines/line-program.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { StartError } from "../acp-error.ts";
import type { AcpCommand } from "../launch/command.ts";
import { MAX_LOGGED_LINE, MAX_LOGGED_LINES, MAX_MESSAGE_BYTES } from "../limits.ts";

export interface ConnectionOptions {
  workspace: Workspace;
  command: AcpCommand;
  env: Readonly<Record<string, string>>;
  /** Answers the program. */
  app: ClientApp;
  /** Takes what the program reports of a session, in order and before the answer to the prompt. */
  onUpdate(params: unknown): void;
  /** Resolves when the next message of the program may be read. */
  ready(): Promise<void>;
  /** Takes words of the program that are not messages. */
  onLog(words: string): void;
}

/** Milliseconds that a program has to end. */
const CLOSE_LIMIT = 8_000;

/** Exit codes by which a shell says that it cannot start a program. */
const NOT_STARTED: readonly (number | null)[] = [126, 127];

/** A running program that speaks the Agent Client Protocol over its standard input and output. */
export class AcpConnection {
  readonly #program: LineProgram;
  readonly #connection: ClientConnection;
  readonly #options: ConnectionOptions;
  #logged = 0;
  /** Ids of the requests that the program has not answered. */
  readonly #open = new Set<unknown>();
  #toAgent: ReadableStreamDefaultController<AnyMessage> | undefined;

  constructor(options: ConnectionOptions) {
    const { workspace, command, env } = options;
    this.#options = options;
    const stream = this.#stream();
    this.#program = new LineProgram(workspace, {
      ...{ command: command.program, args: command.parameters, env },
      maxLineBytes: MAX_MESSAGE_BYTES,
      onLine: (line) => this.#read(line),
      onErrorOutput: (words) => this.#log(words),
      onEnd: () => this.#ended(),
    });
    this.#connection = options.app.connect(stream);
  }

  /** Sends requests to the program. They reject when it ends. */
  get agent(): ClientContext {
    return this.#connection.agent;
  }

  /** Aborted when the program has ended. The reason says why. */
  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  /** Ends the program and what it has left behind. */
  async close(): Promise<void> {
    this.#connection.close(new Error("The program is not needed any more"));
    await settledWithin(this.#program.close(), CLOSE_LIMIT);
  }

  #stream(): Stream {
    return {
      readable: new ReadableStream<AnyMessage>({
        start: (controller) => {
          this.#toAgent = controller;
        },
      }),
      writable: new WritableStream<AnyMessage>({
        write: (message) => this.#write(message),
      }),
    };
  }

  #write(message: AnyMessage): void {
    if ("method" in message && "id" in message) this.#open.add(message.id);
    this.#program.write(JSON.stringify(message));
  }

  /** Some programs write what they do among their messages, or answer what was not asked. */
  async #read(line: string): Promise<void> {
    const message = messageIn(line);
    if (message === undefined) this.#log(line);
    else if (isReport(message)) this.#options.onUpdate(message.params);
    else if ("method" in message || this.#open.delete(message.id)) this.#pass(message);
    else this.#log(line);
    await this.#options.ready();
  }

  #pass(message: AnyMessage): void {
    if (!this.signal.aborted) this.#toAgent?.enqueue(message);
  }

  #log(words: string): void {
    if (this.#logged >= MAX_LOGGED_LINES) return;
    this.#logged += 1;
    this.#options.onLog(words.trimEnd().slice(0, MAX_LOGGED_LINE));
  }

  #ended(): void {
    const { lastWords, exitCode } = this.#program;
    const reason = `The program of the agent has ended: ${lastWords}`;
    this.#connection.close(
      NOT_STARTED.includes(exitCode) ? new StartError("ACPSpawnError", reason) : new Error(reason),
    );
  }
}

function isReport(message: AnyMessage): message is AnyMessage & { params?: unknown } {
  return "method" in message && message.method === "session/update" && !("id" in message);
}

function messageIn(line: string): AnyMessage | undefined {
  if (!line.startsWith("{") || !line.includes('"jsonrpc"')) return undefined;
  try {
    const message: unknown = JSON.parse(line);
    return isObject(message) ? (message as unknown as AnyMessage) : undefined;
  } catch {
    return undefined;
  }
}
