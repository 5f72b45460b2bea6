import { AgentServerError } from "../../errors.ts";
import { settledWithin } from "../../waiting.ts";
import type { RunSlots } from "./run-slots.ts";

/** Milliseconds an interrupt waits for the run to answer its open calls. */
const INTERRUPT_WAIT = 5_000;

export interface RunControlOptions {
  slots: RunSlots;
  /** Runs the agent once, to its settled end. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether the agent is at work as clients see it: status running. */
  isRunning(): boolean;
  isIdle(): boolean;
  /** The run is over and everything it wrote is stored. Never rejects. */
  ended(): void;
}

type Again = "no" | "if idle" | "always";

/** At most one run of a conversation at a time, and what may follow it. */
export class RunControl {
  readonly #options: RunControlOptions;
  #run: { abort: AbortController; done: Promise<void> } | null = null;
  #again: Again = "no";
  #closed = false;

  constructor(options: RunControlOptions) {
    this.#options = options;
  }

  get active(): boolean {
    return this.#run !== null;
  }

  /** Asked for by the client. A run that has stopped but not yet cleared up is followed by another. */
  start(): void {
    if (this.#run === null) this.#begin();
    else if (this.#options.isRunning()) throw alreadyRunning();
    else this.#again = "always";
  }

  /** As `start`, but content with a run under way: it reads the message that this was asked for with. */
  startOrFollow(): void {
    if (this.#run === null) this.#begin();
    else if (!this.#options.isRunning()) this.#again = "always";
    else if (this.#again === "no") this.#again = "if idle";
  }

  /** What is under way may end, but nothing follows it. */
  cancelFollowing(): void {
    this.#again = "no";
  }

  /** Stops what is under way at once; false when nothing is. Waits, within a bound, until it has cleared up. */
  async interrupt(wait: number = INTERRUPT_WAIT): Promise<boolean> {
    this.cancelFollowing();
    const run = this.#run;
    if (run === null) return false;
    run.abort.abort();
    await settledWithin(run.done, wait);
    return true;
  }

  /** Stops what is under way; nothing begins any more. */
  async close(wait: number): Promise<void> {
    this.#closed = true;
    await this.interrupt(wait);
  }

  #begin(): void {
    if (this.#closed) throw new AgentServerError("unavailable", "The conversation is closed");
    const abort = new AbortController();
    const run = { abort, done: Promise.resolve() };
    this.#run = run;
    run.done = this.#work(abort.signal);
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#again = "no";
    const giveBack = await this.#options.slots.take(signal);
    await this.#options.run(signal);
    giveBack();
    this.#run = null;
    if (this.#shouldFollow()) this.#begin();
    else this.#options.ended();
  }

  #shouldFollow(): boolean {
    if (this.#closed) return false;
    return this.#again === "always" || (this.#again === "if idle" && this.#options.isIdle());
  }
}

function alreadyRunning(): AgentServerError {
  return new AgentServerError(
    "conflict",
    "Conversation already running. Wait for completion or pause first.",
  );
}
