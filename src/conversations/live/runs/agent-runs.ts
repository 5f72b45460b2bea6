import { interrupt } from "../../../agent/loop/run.ts";
import type { StuckThresholds } from "../../../agent/loop/stuck.ts";
import type { Runner } from "../../../agent/runner.ts";
import { messageOf } from "../../../errors.ts";
import type { Logger } from "../../../logger.ts";
import { NO_OBSERVERS, type Observers } from "../../../observing/observers.ts";
import { isOwnershipLost } from "../../../stores/refusals.ts";
import { settledWithin, untilAborted } from "../../../waiting.ts";
import type { RunSession } from "../session/run-session.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { RunClient } from "./run-client.ts";

export interface AgentRunsOptions {
  keeper: StateKeeper;
  session: RunSession;
  logger: Logger;
  /** The client that runs are begun for. */
  client: Pick<RunClient, "during">;
  /** Makes the runner, at the first run. */
  createRunner(): Promise<Runner>;
  /** Whether the conversation is being handed over: a run ends before its next step then. */
  isLeaving(): boolean;
  /** Default: those of the agent. */
  stuckThresholds?: StuckThresholds | undefined;
  /** Watch the runs. Default: none. */
  observers?: Observers | undefined;
}

/** The runs of a conversation, by the runner of its agent. `RunControl` decides when there is one. */
export class AgentRuns {
  readonly #options: AgentRunsOptions;
  #runner: Runner | null = null;

  constructor(options: AgentRunsOptions) {
    this.#options = options;
  }

  /** Gives the runner, which is made when it is first needed. */
  async runner(): Promise<Runner> {
    this.#runner ??= await this.#options.createRunner();
    return this.#runner;
  }

  /** Tells the run of a message that a run is to begin with. */
  supersede(): void {
    this.#runner?.supersede?.();
  }

  /** Runs the agent until it is done, waits or is stopped. Never rejects: a failure is the end of the run. */
  run(signal: AbortSignal): Promise<void> {
    const { keeper, client, observers = NO_OBSERVERS } = this.#options;
    const { id: conversationId, agent } = keeper.state;
    const run = { conversationId, agent: agent.kind, model: agent.llm.model };
    return observers.watch("run", run, {
      work: () => client.during(() => this.#run(signal)),
      ended: () => ({ status: keeper.state.execution_status }),
    });
  }

  /** Closes the runner, for which it waits some milliseconds at most. */
  async close(wait: number): Promise<void> {
    const closing = (async () => this.#runner?.close?.())().catch((error: unknown) =>
      this.#report(error, "A runner did not close cleanly"),
    );
    await settledWithin(closing, wait);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { session } = this.#options;
    try {
      if (!(await this.#prepare(signal))) return await this.#interrupted();
      if (!hasMessage(session)) return await session.update({ execution_status: "idle" });
      await this.#runWith(await this.runner(), signal);
    } catch (error) {
      this.#report(error, "A run failed");
      if (isOwnershipLost(error)) return;
      await session.fail(error).catch((cause: unknown) => this.#report(cause, "A failed run is not stored"));
    }
  }

  /** False when the run was interrupted before everything was ready. */
  async #prepare(signal: AbortSignal): Promise<boolean> {
    const { session } = this.#options;
    try {
      await untilAborted(session.prepare(), signal);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
    await session.writePrompt();
    return true;
  }

  async #runWith(runner: Runner, signal: AbortSignal): Promise<void> {
    const { session, stuckThresholds, observers, isLeaving } = this.#options;
    const { extensions } = session;
    await session.mayBegin(signal);
    await extensions.beforeRun({ session, signal });
    try {
      await runner.run(session, { signal, extensions, stuckThresholds, isLeaving, observers });
    } finally {
      await extensions.afterRun({ session, signal });
    }
  }

  /** Ends a run that was interrupted before it began. Calls that the user has approved for it are answered. */
  async #interrupted(): Promise<void> {
    const { session, keeper } = this.#options;
    if (session.cutCalls.size > 0) return interrupt(session);
    if (keeper.state.execution_status === "waiting_for_confirmation") {
      await session.readLog();
      return session.confirmation.isWaiting ? undefined : interrupt(session);
    }
    await session.update({ execution_status: "paused" }, [{ kind: "InterruptEvent", source: "user" }]);
  }

  #report(error: unknown, message: string): void {
    const { logger, keeper } = this.#options;
    logger.error({ conversation_id: keeper.state.id, error: messageOf(error) }, message);
  }
}

/**
 * Whether there is anything to work on: providers refuse a prompt of instructions alone. A message that an extension
 * has blocked is in no prompt, but its turn has to end.
 */
function hasMessage({ view, state }: RunSession): boolean {
  if (Object.keys(state.blocked_messages).length > 0) return true;
  return view.messages().some(({ role }) => role !== "system");
}
