import { AgentServerError, closingError } from "../../../errors.ts";
import type { Place } from "../../../limits/places.ts";
import { settledWithin } from "../../../waiting.ts";
import type { RunClient } from "./run-client.ts";
import type { RunSlot, RunSlots } from "./run-slots.ts";

/** Milliseconds that an interrupt waits for the run to answer its open calls. */
const INTERRUPT_WAIT = 5_000;

export interface RunControlOptions {
  slots: RunSlots;
  /** The client that runs are begun for. Default: it has no limits. */
  client?: Pick<RunClient, "isLimited" | "assertLeft" | "holdRun"> | undefined;
  /** A share of the slot that the conversation has for longer than one run; undefined when it has none. */
  share?(): RunSlot | undefined;
  /** Throws when the conversation asks for what this server must not leave out. */
  assertServed(): void;
  /** Runs the agent once. Resolves when everything it wrote is stored; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether the status is running, as clients see it. */
  isRunning(): boolean;
  /** Whether the status is idle, as after a message that no run has read. */
  isIdle(): boolean;
  /** Called when a run has ended and no other follows. Must not throw. */
  ended(): void;
}

/** Whether another run follows the active one. */
type Following = "no" | "if idle" | "always";

/** How a run is started. */
export interface Starting {
  /** A slot that was claimed for it. Default: a share of that of the conversation, or one that is claimed now. */
  slot?: RunSlot;
  /** The place of the client among its runs, if it was taken before. It is released here only if it is needed. */
  place?: Place | undefined;
  /** Called when the run is sure to start. If it throws, none does. */
  approve?(): void;
}

/** A run, from its claim on. */
interface ActiveRun {
  abort: AbortController;
  done: Promise<void>;
  /** Whether it waits for its slot. */
  isWaiting: boolean;
  /** Whether it ends without having begun. */
  isDropped: boolean;
}

/** The run of a conversation: at most one at a time, and at most one that follows it. */
export class RunControl {
  readonly #options: RunControlOptions;
  #run: ActiveRun | null = null;
  #following: Following = "no";
  #closed = false;

  constructor(options: RunControlOptions) {
    this.#options = options;
  }

  /** Whether a run is active or waits for a slot. */
  get active(): boolean {
    return this.#run !== null;
  }

  /**
   * Starts a run. One that has stopped but not ended yet is followed by another.
   *
   * @throws AgentServerError `conflict` during a run, `too_many_requests` when no slot is free, `unprocessable` as
   * `assertServed`. Nothing has changed then.
   */
  start(how: Starting = {}): void {
    if (this.#run !== null && this.#options.isRunning()) throw alreadyRunning();
    this.startOrFollow(how);
  }

  /**
   * Like `start`, but does not throw during a run: that run will read the new message.
   *
   * @throws AgentServerError `too_many_requests` when no slot is free, `unprocessable` as `assertServed`. Nothing has changed
   * then.
   */
  startOrFollow(how: Starting = {}): void {
    if (this.#run === null) {
      this.#beginFirst(how);
      return;
    }
    how.approve?.();
    if (!this.#options.isRunning()) this.#following = "always";
    else if (this.#following === "no") this.#following = "if idle";
  }

  /** @throws AgentServerError `unprocessable` when the conversation asks for what this server must not leave out. */
  assertServed(): void {
    this.#options.assertServed();
  }

  /**
   * The door to a run: whatever begins one for a client is done through it. Rejects with `too_many_requests` when the
   * client has used up its tokens or cost. Where no client has limits, `begin` is called at once and not in a later
   * turn, so that calls keep their order.
   */
  admit<T>(begin: () => Promise<T>): Promise<T> {
    const { client } = this.#options;
    return client?.isLimited ? client.assertLeft().then(begin) : begin();
  }

  /**
   * Takes a slot for a run that is to be started: a share of that of the conversation, or one of the server, to which
   * goes the place of the client, if that was taken before. Must be released.
   *
   * @throws AgentServerError `too_many_requests` when no slot is free, or the client has no place left among its runs
   */
  claim(place?: Place): RunSlot {
    const { share, slots, client } = this.#options;
    return share?.() ?? slots.claim("", place ?? client?.holdRun());
  }

  /** As `claim`. Undefined during a run, which needs none. */
  reserve(): RunSlot | undefined {
    return this.#run === null ? this.claim() : undefined;
  }

  /**
   * Takes the place of the client among its runs, for a run that is to be started. Must be released. Undefined where
   * there are no limits, and during a run.
   *
   * @throws AgentServerError `too_many_requests` when the client has no place left
   */
  holdPlace(): Place | undefined {
    const { client, share } = this.#options;
    if (this.#run !== null) return undefined;
    // A goal has a place, and ends with the message of a user.
    const shared = share?.();
    shared?.release();
    return shared === undefined ? client?.holdRun() : undefined;
  }

  /** Resolves when the active run has ended, at once without one. Another may have begun by then. */
  async ended(): Promise<void> {
    await this.#run?.done;
  }

  /**
   * Does other work in the place of a run: one that is started meanwhile follows it, and an interrupt aborts it. Not to
   * be called during a run.
   *
   * Rejects as the work does, with `too_many_requests` when no slot is free and with `unavailable` after `close`.
   */
  async instead(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const slot = this.claim();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const { abort } = this.#occupy(slot, done);
    try {
      await slot.ready(abort.signal);
      await work(abort.signal);
    } finally {
      this.#run = null;
      if (this.#shouldFollow()) this.#begin(slot);
      else slot.release();
      resolve();
    }
  }

  /** Resolves when no run is active and none follows. */
  async settled(): Promise<void> {
    while (this.#run !== null) await this.#run.done;
  }

  /** Lets the active run end, and drops the one that was to follow. */
  cancelFollowing(): void {
    this.#following = "no";
  }

  /** Drops the active run if it waits for a slot: nothing shows that it was to begin. */
  dropWaiting(): void {
    const run = this.#run;
    if (run === null || !run.isWaiting) return;
    run.isDropped = true;
    run.abort.abort();
  }

  /** Aborts the active run and waits, at most `wait` milliseconds, until it has ended. False without one. */
  async interrupt(wait: number = INTERRUPT_WAIT): Promise<boolean> {
    this.cancelFollowing();
    const run = this.#run;
    if (run === null) return false;
    run.abort.abort();
    await settledWithin(run.done, wait);
    return true;
  }

  /** Aborts the active run, as `interrupt` does. No run starts from now on. */
  async close(wait: number): Promise<void> {
    this.#closed = true;
    await this.interrupt(wait);
  }

  #beginFirst({ approve, slot: given, place }: Starting): void {
    this.assertServed();
    const slot = given?.handOver() ?? this.claim(place);
    try {
      approve?.();
    } catch (error) {
      slot.release();
      throw error;
    }
    this.#begin(slot);
  }

  #begin(slot: RunSlot): void {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const run = this.#occupy(slot, done);
    run.isWaiting = true;
    void this.#work(run, slot).then(resolve);
  }

  /** Takes the place of the one active run. */
  #occupy(slot: RunSlot, done: Promise<void>): ActiveRun {
    if (this.#closed) {
      slot.release();
      throw closingError("The conversation is closed");
    }
    const run = { abort: new AbortController(), done, isWaiting: false, isDropped: false };
    this.#run = run;
    this.#following = "no";
    return run;
  }

  /** Runs once. A run that follows keeps the slot: it serves a message that was accepted. */
  async #work(run: ActiveRun, slot: RunSlot): Promise<void> {
    const { signal } = run.abort;
    await slot.ready(signal);
    run.isWaiting = false;
    if (!run.isDropped) await this.#options.run(signal);
    this.#run = null;
    if (this.#shouldFollow()) return this.#begin(slot);
    slot.release();
    this.#options.ended();
  }

  #shouldFollow(): boolean {
    if (this.#closed) return false;
    return this.#following === "always" || (this.#following === "if idle" && this.#options.isIdle());
  }
}

function alreadyRunning(): AgentServerError {
  return new AgentServerError(
    "conflict",
    "Conversation already running. Wait for completion or pause first.",
  );
}
