import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { BrowserFailure } from "../failure.ts";
import { ChromiumProcess, type ChromiumStart } from "./chromium-process.ts";

/** Milliseconds that a browser waits for its next use. */
const LINGER = 60_000;
/** Starts within a time, in milliseconds, after which a browser is taken for broken until the time is over. */
const MAX_STARTS = 5;
const STARTS_WITHIN = 60_000;

export interface SharedChromiumOptions extends ChromiumStart {
  logger: Logger;
}

/** One use of the browser. */
export interface ChromiumLease {
  readonly process: ChromiumProcess;
  /** Ends the use. The browser ends some time after its last one. */
  release(): void;
}

/**
 * The one browser of a server. Every conversation has a separate context in it, which shares nothing with the others:
 * a browser for each would cost a hundred megabytes more and a second for the start.
 */
export class SharedChromium {
  readonly #options: SharedChromiumOptions;
  #process: Promise<ChromiumProcess> | null = null;
  #leases = 0;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #starts: number[] = [];
  #isClosed = false;

  constructor(options: SharedChromiumOptions) {
    this.#options = options;
  }

  /** Starts the browser unless it runs. Those who ask at one time share one start. */
  async lease(): Promise<ChromiumLease> {
    clearTimeout(this.#lingering);
    this.#leases += 1;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.#leases -= 1;
      if (this.#leases === 0) this.#linger();
    };
    try {
      return { process: await this.#running(), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#lingering);
    await this.#stop();
  }

  async #running(): Promise<ChromiumProcess> {
    const known = this.#process;
    const current = await known?.catch(() => null);
    if (current?.isRunning) return current;
    if (this.#isClosed) throw new BrowserFailure("The server is closing.");
    // Another one may have begun a new start meanwhile.
    if (this.#process === known) this.#process = this.#restart(current ?? null);
    return this.#process ?? this.#running();
  }

  async #restart(gone: ChromiumProcess | null): Promise<ChromiumProcess> {
    const { logger, program } = this.#options;
    const now = performance.now();
    this.#starts = [...this.#starts.filter((start) => now - start < STARTS_WITHIN), now];
    if (this.#starts.length > MAX_STARTS) {
      throw new BrowserFailure("The browser has crashed several times within a minute. Try again later.");
    }
    await gone?.stop();
    try {
      const started = await ChromiumProcess.start(this.#options);
      logger.info({ program, version: started.version }, "The browser has started");
      return started;
    } catch (error) {
      logger.warn({ program, error: messageOf(error) }, "The browser did not start");
      throw new BrowserFailure(`The browser did not start: ${messageOf(error)}`, { cause: error });
    }
  }

  #linger(): void {
    if (this.#isClosed) return;
    this.#lingering = setTimeout(() => void this.#stop(), LINGER).unref();
  }

  async #stop(): Promise<void> {
    const stopping = this.#process;
    this.#process = null;
    await (await stopping?.catch(() => null))?.stop();
  }
}
