import { rejectPending } from "../../agent/loop/confirmation.ts";
import { recoverRun } from "../../agent/loop/recovery.ts";
import { runAgent } from "../../agent/loop/run.ts";
import type { StuckThresholds } from "../../agent/loop/stuck.ts";
import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { ConfirmationPolicy, SecurityAnalyzer } from "../../wire/agent/policies.ts";
import type { Content } from "../../wire/events/message.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import { AutoTitle } from "./auto-title.ts";
import { RunControl } from "./run-control.ts";
import type { RunSlots } from "./run-slots.ts";
import type { ConversationSession } from "./state-keeper.ts";

/** Milliseconds that closing waits for a run to answer its open calls. */
const CLOSE_WAIT = 10_000;

export interface ConversationOptions {
  session: ConversationSession;
  slots: RunSlots;
  logger: Logger;
  /** Whether the first message gives the conversation its title. */
  wantsTitle: boolean;
  /** Default: those of the agent. */
  stuckThresholds?: StuckThresholds | undefined;
}

/** A conversation in memory and what can be done with it. Nothing here waits for a tool or a model. */
export class Conversation {
  readonly session: ConversationSession;
  readonly title: AutoTitle;
  readonly #runs: RunControl;
  readonly #logger: Logger;
  readonly #stuckThresholds: StuckThresholds | undefined;
  #touchedAt = 0;

  constructor({ session, slots, logger, wantsTitle, stuckThresholds }: ConversationOptions) {
    this.session = session;
    this.#stuckThresholds = stuckThresholds;
    this.title = new AutoTitle({ session, logger, isWanted: wantsTitle });
    this.#logger = logger;
    this.#runs = new RunControl({
      slots,
      run: (signal) => this.#run(signal),
      isRunning: () => this.#status === "running",
      isIdle: () => this.#status === "idle",
      ended: () => session.publishFullState(),
    });
  }

  get #status() {
    return this.session.state.execution_status;
  }

  /** `now` is in milliseconds. */
  touch(now: number): void {
    this.#touchedAt = now;
  }

  isIdleSince(moment: number): boolean {
    const isBusy = this.#runs.active || this.title.isAtWork;
    return this.#touchedAt <= moment && !isBusy;
  }

  /** A run found in the store was cut by the end of its process: it becomes an error, its open calls are answered. */
  async recover(): Promise<void> {
    await this.session.readLog();
    await recoverRun(this.session);
  }

  async sendMessage(content: Content[], options: { run: boolean }): Promise<void> {
    await this.session.addUserMessage(content);
    if (options.run) this.#runs.startOrFollow();
    this.title.consider(content);
  }

  /** Throws `conflict` while the agent is at work. */
  run(): void {
    this.#runs.start();
  }

  async pause(): Promise<void> {
    this.#runs.cancelFollowing();
    if (this.#status === "idle" || this.#status === "running") {
      const update = this.session.assign({ execution_status: "paused" });
      await this.session.append([...update, { kind: "PauseEvent", source: "user" }]);
    }
    this.session.publishFullState();
  }

  async interrupt(): Promise<void> {
    if (!(await this.#runs.interrupt())) return this.pause();
    this.session.publishFullState();
  }

  /** Approving starts a run, which carries out what waits; rejecting answers it and leaves the agent alone. */
  async respondToConfirmation(response: { accept: boolean; reason: string }): Promise<void> {
    if (response.accept) {
      this.#runs.startOrFollow();
      return;
    }
    await this.session.readLog();
    await rejectPending(this.session, response.reason);
  }

  async setSecrets(sources: SecretSources): Promise<void> {
    const { secrets, state } = this.session;
    secrets.set(sources);
    state.secret_registry = { secret_sources: secrets.sources };
    await this.session.store("secret_registry");
  }

  setConfirmationPolicy(policy: ConfirmationPolicy): Promise<void> {
    return this.session.update({ confirmation_policy: policy });
  }

  setSecurityAnalyzer(analyzer: SecurityAnalyzer | null): Promise<void> {
    return this.session.update({ security_analyzer: analyzer });
  }

  /** Ends the run, then the tools. Sockets stay: they read the store and the feed. */
  async close(): Promise<void> {
    await Promise.all([this.#runs.close(CLOSE_WAIT), this.title.close()]);
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
      await this.session
        .fail(error)
        .catch((cause: unknown) => this.#report(cause, "A failed run is not stored"));
    }
  }

  #report(error: unknown, message: string): void {
    this.#logger.error({ conversation_id: this.session.state.id, error: messageOf(error) }, message);
  }
}
