import type { Readable, Writable } from "node:stream";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../errors.ts";
import type { BrowserAnswer } from "../../tools/browser/browser-session.ts";
import { BrowserFailure } from "../failure.ts";
import { Calls, type Message } from "./calls.ts";
import type { ContextHost, DriverFunctions, ServerFunctions, Verb } from "./driver-functions.ts";

/** Megabytes of JavaScript values in the thread. */
const MAX_HEAP = 1024;
/** Bytes on their way to the thread, above which no more are read from the browser. */
const MAX_AHEAD = 8 * 1024 * 1024;

const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./driver-worker.ts" : "./driver-worker.js",
  import.meta.url,
);

/** The two pipes of a browser: its answers and events, and its commands. */
export interface BrowserPipes {
  reader: Readable;
  writer: Writable;
}

/** An open context in the thread. */
export interface ContextHandle {
  run(verb: Verb, input: unknown): Promise<BrowserAnswer>;
  stopLoading(): Promise<void>;
  arrived(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The thread that drives a browser. The library that does so can throw where no caller catches it, which ends a
 * process. Here it ends a thread: all calls are rejected, the pipes are closed, and the browser ends with them.
 */
export class BrowserDriver {
  readonly #thread: Worker;
  readonly #calls: Calls<DriverFunctions>;
  readonly #pipes: BrowserPipes;
  readonly #hosts = new Map<number, ContextHost>();
  #lastContext = 0;
  #ahead = 0;
  #isRunning = true;

  constructor(pipes: BrowserPipes) {
    this.#pipes = pipes;
    this.#thread = new Worker(SCRIPT, {
      name: "browser-driver",
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
    });
    this.#calls = new Calls<DriverFunctions>(this.#thread, { ...this.#functions() });
    this.#thread.on("message", (message: Message) => this.#calls.take(message));
    this.#thread.on("error", (error) =>
      this.#fail(`The driver of the browser has failed: ${messageOf(error)}`),
    );
    this.#thread.on("exit", () => this.#fail("The driver of the browser has ended."));
    this.#carry(pipes);
  }

  /** False once the browser or the thread has ended. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Resolves, with the version of the browser, once it answers. */
  connect(options: { downloads: string; timeout: number }): Promise<string> {
    return this.#calls.call("connect", options);
  }

  /** Opens a context behind a proxy. */
  async open(options: { proxy: string; folder: string; host: ContextHost }): Promise<ContextHandle> {
    const { host, ...rest } = options;
    this.#lastContext += 1;
    const name = { context: this.#lastContext };
    this.#hosts.set(name.context, host);
    try {
      await this.#calls.call("open", { ...name, ...rest });
    } catch (error) {
      this.#hosts.delete(name.context);
      throw error;
    }
    return {
      run: (verb, input) => this.#calls.call("run", { ...name, verb, input }),
      stopLoading: () => this.#calls.call("stopLoading", name),
      arrived: () => this.#calls.call("arrived", name),
      close: async () => {
        await this.#calls.call("close", name);
        this.#hosts.delete(name.context);
      },
    };
  }

  /** Ends the thread, and closes the pipes. */
  async close(): Promise<void> {
    this.#fail("The browser is closed.");
    await this.#thread.terminate();
  }

  #functions(): ServerFunctions {
    return {
      send: (text) => {
        if (this.#isRunning) this.#pipes.writer.write(text);
      },
      disconnected: () => this.#fail("The browser has ended."),
      host: ({ context, name, input }) => {
        const host = this.#hosts.get(context);
        if (host === undefined) throw new Error("The browser of this conversation is closed");
        return host[name](input as never) as never;
      },
    };
  }

  #carry({ reader, writer }: BrowserPipes): void {
    reader.on("data", (chunk: Buffer) => void this.#pass(chunk));
    for (const stream of [reader, writer]) {
      stream.once("close", () => this.#fail("The browser has ended."));
      stream.on("error", () => this.#fail("The browser has ended."));
    }
  }

  /** A browser that reports faster than the thread reads has to wait. */
  async #pass(chunk: Buffer): Promise<void> {
    const { reader } = this.#pipes;
    this.#ahead += chunk.length;
    if (this.#ahead > MAX_AHEAD) reader.pause();
    await this.#calls.call("receive", chunk).catch(() => {});
    this.#ahead -= chunk.length;
    if (this.#ahead <= MAX_AHEAD) reader.resume();
  }

  #fail(reason: string): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#calls.end(new BrowserFailure(reason));
    this.#pipes.writer.destroy();
    this.#pipes.reader.destroy();
    void this.#thread.terminate();
  }
}
