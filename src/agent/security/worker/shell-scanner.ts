import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { AgentServerError, closingError, messageOf } from "../../../errors.ts";
import { type Logger, silentLogger } from "../../../logger.ts";
import type { Verdict } from "../shell/verdict.ts";
import { FairQueue } from "./fair-queue.ts";
import type { ScanReply, ScanRequest } from "./shell-scan.ts";

/** Milliseconds that a thread may take to load the parser. */
const START_LIMIT = 30_000;
/**
 * Milliseconds that one scan may take. Ordinary commands take less than five; only text that is made for it takes long.
 */
const SCAN_LIMIT = 3_000;
/** Milliseconds without a scan after which the thread ends and gives its memory back. */
const IDLE_LIMIT = 60_000;
/** Scans that may wait. A conversation asks for one of each of its analyzers at a time. */
const WAITING = { lane: 64, total: 1_024 };
/** Megabytes of JavaScript values in the thread. The parser's own memory is bounded where it is loaded. */
const MAX_HEAP = 256;

const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./shell-worker.ts" : "./shell-worker.js",
  import.meta.url,
);

/** The part of a scanner that analyzers need. */
export type ShellScans = Pick<ShellScanner, "start" | "scan">;

export interface ShellScannerOptions {
  /** Hears of scans without a result. Default: none. */
  logger?: Logger;
  /** The module that the thread runs. Default: the parser of bash. */
  script?: URL;
}

interface Scan {
  request: ScanRequest;
  lane: string;
  settle(verdict: Verdict | Promise<Verdict>): void;
}

/**
 * Reads shell text in a thread, one scan after another, so that no text holds up the server. Conversations take turns.
 * The thread starts when it is first needed, ends when it is idle, and keeps the process alive only while a scan waits
 * for it.
 */
export class ShellScanner {
  readonly #logger: Logger;
  readonly #script: URL;
  readonly #waiting = new FairQueue<Scan>(WAITING);
  #isScanning = false;
  #thread: Promise<Worker> | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** Threads that are on their way out. */
  readonly #ending = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor({ logger = silentLogger, script = SCRIPT }: ShellScannerOptions = {}) {
    this.#logger = logger;
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
   * Searches texts; `lane` is the conversation that asks. UNKNOWN, and a warning in the log, when that takes too long,
   * when the parser fails, and when too many scans wait.
   *
   * @throws AgentServerError `unavailable` when the parser cannot be loaded, or after `close`
   */
  scan(request: ScanRequest, lane = ""): Promise<Verdict> {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    if (!this.#waiting.add(lane, { request, lane, settle: resolve })) {
      this.#warn({ request, lane }, "too many scans wait");
      return Promise.resolve("UNKNOWN");
    }
    if (!this.#isScanning) void this.#scanAll();
    return promise;
  }

  /** The scanner for one conversation. */
  laneOf(conversationId: string): ShellScans {
    return {
      start: () => this.start(),
      scan: (request) => this.scan(request, conversationId),
    };
  }

  /** Ends the thread. Scans that are pending settle. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#idle);
    const thread = await this.#thread?.catch(() => undefined);
    await Promise.all([thread?.terminate(), ...this.#ending]);
  }

  async #scanAll(): Promise<void> {
    this.#isScanning = true;
    for (let scan = this.#waiting.take(); scan !== undefined; scan = this.#waiting.take()) {
      const verdict = this.#scanNow(scan);
      scan.settle(verdict);
      await verdict.catch(() => {});
    }
    this.#isScanning = false;
  }

  async #scanNow(scan: Pick<Scan, "request" | "lane">): Promise<Verdict> {
    const thread = await this.#ready();
    clearTimeout(this.#idle);
    thread.ref();
    thread.postMessage(scan.request);
    try {
      const { verdict }: ScanReply = await nextMessage(thread, SCAN_LIMIT, this.#closing.signal);
      this.#rest(thread);
      return verdict;
    } catch (error) {
      this.#end(thread);
      if (!this.#closing.signal.aborted) this.#warn(scan, messageOf(error));
      return "UNKNOWN";
    }
  }

  #warn({ request, lane }: Pick<Scan, "request" | "lane">, error: string): void {
    const characters = request.texts.reduce((sum, text) => sum + text.length, 0);
    const fields = { conversation_id: lane, scan: request.kind, characters, error };
    this.#logger.warn(fields, "A command could not be analyzed: its risk is UNKNOWN");
  }

  async #ready(): Promise<Worker> {
    if (this.#closing.signal.aborted) throw closingError("The server is closing");
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
    const ending = thread.terminate().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** Starts a thread without the environment of the process. Resolves once the parser is loaded. */
async function startThread(script: URL, closing: AbortSignal): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  closing.throwIfAborted();
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
    await thread.terminate();
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
