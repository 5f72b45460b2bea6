import type { ChildProcess } from "node:child_process";
import type { RunResult } from "../workspace.ts";
import { sendSignal } from "./send-signal.ts";

/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 1000;

export interface DeadlineOptions {
  /** Milliseconds. */
  timeout: number;
  signal?: AbortSignal | undefined;
  /** Ends what the child only waits for, before the child itself. `exited` resolves when the child has ended. */
  endElsewhere?: ((exited: Promise<unknown>) => Promise<void>) | undefined;
}

/** Ends the process group of a child at its timeout or abort signal. */
export class ProcessDeadline {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  readonly #endElsewhere: DeadlineOptions["endElsewhere"];
  readonly #timer: NodeJS.Timeout;
  readonly #reached = Promise.withResolvers<void>();
  #outcome: RunResult["outcome"] = "exited";
  #ending: Promise<void> | null = null;

  constructor(child: ChildProcess, { timeout, signal, endElsewhere }: DeadlineOptions) {
    this.#child = child;
    this.#signal = signal;
    this.#endElsewhere = endElsewhere;
    this.#timer = setTimeout(() => this.#reach("timed_out"), timeout);
    signal?.addEventListener("abort", this.#abort);
    // It may have aborted while the child was started.
    if (signal?.aborted) this.#abort();
  }

  /** The cause of the child's end. "exited" as long as it runs. */
  get outcome(): RunResult["outcome"] {
    return this.#outcome;
  }

  /** Resolves when the deadline or `end` ends the child; stays open when the child exits by itself. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Ends the group: SIGTERM, after a second SIGKILL, and cuts off its outputs. */
  end(): Promise<void> {
    this.#ending ??= this.#endGroup();
    return this.#ending;
  }

  /** Stops waiting for the deadline. Resolves when an ending that has begun is over. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
    await this.#ending;
  }

  readonly #abort = () => this.#reach("aborted");

  #reach(outcome: RunResult["outcome"]): void {
    if (this.#ending !== null) return;
    this.#outcome = outcome;
    void this.end();
  }

  async #endGroup(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    await this.#endElsewhere?.(closed);
    sendSignal(-pid, "SIGTERM");
    const { promise: grace, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, GRACE);
    await Promise.race([closed, grace]);
    clearTimeout(timer);
    // Also after the child has exited: others of its group may ignore SIGTERM.
    sendSignal(-pid, "SIGKILL");
    // A grandchild outside the group may hold the outputs open, and `close` would never come.
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#reached.resolve();
  }
}
