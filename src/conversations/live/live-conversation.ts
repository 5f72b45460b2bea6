import { recoverRun } from "../../agent/loop/recovery.ts";
import { runAgent } from "../../agent/loop/run.ts";
import type { StuckThresholds } from "../../agent/loop/stuck.ts";
import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { isOwnershipLost } from "../../stores/refusals.ts";
import { AutoTitle } from "./auto-title.ts";
import { RunControl } from "./run-control.ts";
import type { RunSlots } from "./run-slots.ts";
import type { ConversationSession } from "./state-keeper.ts";

/** Milliseconds that closing waits for a run to answer its open calls. */
const CLOSE_WAIT = 10_000;

export interface LiveConversationOptions {
  /** Fence of the claim under which the conversation is in memory. */
  fence: number;
  session: ConversationSession;
  slots: RunSlots;
  logger: Logger;
  /** Whether the first message gives the conversation its title. */
  wantsTitle: boolean;
  /** Default: those of the agent. */
  stuckThresholds?: StuckThresholds | undefined;
}

/** A conversation in memory: its state, its run and its title. `ConversationHandle` has the verbs. */
export class LiveConversation {
  readonly fence: number;
  readonly session: ConversationSession;
  readonly runs: RunControl;
  readonly title: AutoTitle;
  readonly #logger: Logger;
  readonly #stuckThresholds: StuckThresholds | undefined;
  #touchedAt = 0;
  #uses = 0;
  #closing: Promise<void> | undefined;

  constructor(options: LiveConversationOptions) {
    const { fence, session, slots, logger, wantsTitle, stuckThresholds } = options;
    this.fence = fence;
    this.session = session;
    this.#stuckThresholds = stuckThresholds;
    this.title = new AutoTitle({ session, logger, isWanted: wantsTitle });
    this.#logger = logger;
    this.runs = new RunControl({
      slots,
      run: (signal) => this.#run(signal),
      isRunning: () => this.status === "running",
      isIdle: () => this.status === "idle",
      ended: () => session.publishFullState(),
    });
  }

  get status() {
    return this.session.state.execution_status;
  }

  /** Records a use at `now`, in milliseconds. */
  touch(now: number): void {
    this.#touchedAt = now;
  }

  /** Does something with the conversation, which stays in memory meanwhile. */
  async use<T>(work: (conversation: LiveConversation) => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await work(this);
    } finally {
      this.#uses -= 1;
    }
  }

  /** Whether the conversation has been unused since `moment` and may leave memory. */
  isIdleSince(moment: number): boolean {
    const isBusy = this.#uses > 0 || this.runs.active || this.title.isAtWork;
    return this.#touchedAt <= moment && !isBusy;
  }

  /** Turns a run that the end of its process cut short into an error and answers its open calls. */
  async recover(): Promise<void> {
    await this.session.readLog();
    await recoverRun(this.session);
  }

  /** Ends the run, then the tools. Sockets stay: they read the store and the feed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.runs.close(CLOSE_WAIT), this.title.close()]);
    await this.session.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      await this.session.prepare();
      const prompt = this.session.takePrompt();
      if (prompt.length > 0) await this.session.append(prompt);
      await runAgent(this.session, { signal, stuckThresholds: this.#stuckThresholds });
      await this.session.storeCalls();
    } catch (error) {
      this.#report(error, "A run failed");
      if (isOwnershipLost(error)) return;
      await this.session
        .fail(error)
        .catch((cause: unknown) => this.#report(cause, "A failed run is not stored"));
    }
  }

  #report(error: unknown, message: string): void {
    this.#logger.error({ conversation_id: this.session.state.id, error: messageOf(error) }, message);
  }
}
