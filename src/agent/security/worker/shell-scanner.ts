import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { AgentServerError, messageOf } from "../../../errors.ts";
import type { Verdict } from "../shell/verdict.ts";
import type { ScanReply, ScanRequest } from "./shell-scan.ts";

/** Milliseconds that a thread may take to load the parser. */
const START_LIMIT = 30_000;
/** Milliseconds that one scan may take. Ordinary commands take less than five; only text that is made for it takes long. */
const SCAN_LIMIT = 3_000;
/** Milliseconds without a scan after which the thread ends and gives its memory back. */
const IDLE_LIMIT = 60_000;
/** Megabytes of JavaScript values in the thread. The parser's own memory is bounded where it is loaded. */
const MAX_HEAP = 256;

const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./shell-worker.ts" : "./shell-worker.js",
  import.meta.url,
);

/**
 * Reads shell text in a thread, one scan after another, so that no text holds up the server. The thread starts when it is
 * first needed, ends when it is idle, and keeps the process alive only while a scan waits for it.
 */
export class ShellScanner {
  readonly #script: URL;
  #thread: Promise<Worker> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  /** `script` is the module that the thread runs. */
  constructor(script = SCRIPT) {
    this.#script = script;
  }

  /**
   * Starts the thread, unless it runs.
   *
   * @throws AgentServerError `unavailable` when the parser cannot be loaded, or after `close`
   */
  async start(): Promise<void> {
    await this.#ready();
  }

  /**
   * Searches texts. UNKNOWN when that takes too long or when the parser fails.
   *
   * @throws AgentServerError `unavailable` when the parser cannot be loaded, or after `close`
   */
  scan(request: ScanRequest): Promise<Verdict> {
    const scan = this.#last.then(() => this.#scanNow(request));
    this.#last = scan.catch(() => {});
    return scan;
  }

  /** Ends the thread. Scans that are pending settle. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#idle);
    const thread = await this.#thread?.catch(() => undefined);
    await thread?.terminate();
  }

  async #scanNow(request: ScanRequest): Promise<Verdict> {
    const thread = await this.#ready();
    clearTimeout(this.#idle);
    thread.ref();
    thread.postMessage(request);
    try {
      const { verdict }: ScanReply = await nextMessage(thread, SCAN_LIMIT, this.#closing.signal);
      this.#rest(thread);
      return verdict;
    } catch {
      this.#end(thread);
      return "UNKNOWN";
    }
  }

  async #ready(): Promise<Worker> {
    if (this.#closing.signal.aborted) throw new AgentServerError("unavailable", "The server is closing");
    this.#thread ??= this.#launch();
    return this.#thread;
  }

  #launch(): Promise<Worker> {
    const thread = startThread(this.#script, this.#closing.signal);
    const forget = () => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    thread.then((worker) => {
      worker.once("exit", forget);
      this.#rest(worker);
    }, forget);
    return thread;
  }

  #rest(thread: Worker): void {
    thread.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end(thread), IDLE_LIMIT).unref();
  }

  #end(thread: Worker): void {
    this.#thread = undefined;
    void thread.terminate();
  }
}

/** Starts a thread without the environment of the process. Resolves once the parser is loaded. */
async function startThread(script: URL, closing: AbortSignal): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  const thread = new Worker(script, {
    name: "shell-worker",
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
  });
  // An error without a listener would end the process. Whoever waits for the thread hears of it too.
  thread.on("error", () => {});
  try {
    await nextMessage(thread, START_LIMIT, closing);
    return thread;
  } catch (cause) {
    void thread.terminate();
    throw new AgentServerError("unavailable", `Shell text cannot be analyzed: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** The next message of a thread. Rejects when the thread fails, when nothing comes in time, and on closing. */
async function nextMessage(thread: Worker, limit: number, closing: AbortSignal) {
  const [message] = await once(thread, "message", {
    signal: AbortSignal.any([AbortSignal.timeout(limit), closing]),
  });
  return message;
}
