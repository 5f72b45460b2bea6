import { AgentServerError, messageOf } from "../../../errors.ts";
import type { Logger } from "../../../logger.ts";
import { settledWithin, untilAborted } from "../../../waiting.ts";
import type { GoalStatus, GoalVerdict } from "../../../wire/asides/goal.ts";
import type { Event } from "../../../wire/events/events.ts";
import { text } from "../../../wire/events/message.ts";
import type { AutoTitle } from "../asides/auto-title.ts";
import type { RunControl } from "../runs/run-control.ts";
import type { RunSlot } from "../runs/run-slots.ts";
import type { RunSession } from "../session/run-session.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { followUp, resumption } from "./goal-messages.ts";
import type { GoalNotes } from "./goal-notes.ts";
import { goalEvent, interrupted, readGoal } from "./goal-status.ts";
import { judgeGoal, transcriptOf } from "./judge.ts";

/** Characters of an objective. Every event of the goal repeats it. */
const MAX_OBJECTIVE = 100_000;

export interface GoalLoopOptions {
  session: RunSession;
  keeper: StateKeeper;
  runs: RunControl;
  title: AutoTitle;
  notes: GoalNotes;
  /** The stored events of the active branch, oldest first, in pages. */
  history(): AsyncIterable<readonly Event[]>;
  logger: Logger;
}

interface Loop {
  abort: AbortController;
  slot: RunSlot;
  done: Promise<void>;
}

/**
 * Lets the agent work until a judge finds that an objective is reached: a message, a run, a judgement, and again. At
 * most one goal at a time. Each turn is shown by a state update with the key `goal`, and exactly one of them ends the
 * goal. The loop has one slot among the runs for its whole life.
 */
export class GoalLoop {
  readonly #options: GoalLoopOptions;
  #loop: Loop | null = null;
  /** Resolves when the last loop has left nothing to do. */
  #left: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: GoalLoopOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#loop !== null;
  }

  /** A share of the slot, for a run in this conversation; undefined without a goal. */
  share(): RunSlot | undefined {
    return this.#loop?.slot.share();
  }

  /**
   * Begins with an objective.
   *
   * @throws AgentServerError `bad_request` for a blank objective or without a judge, `unprocessable` for an objective
   * that is too long, `conflict` during a run or another goal, `too_many_requests` when no slot is free
   */
  start({ objective, maxIterations }: { objective: string; maxIterations: number }): void {
    if (objective.trim() === "") {
      throw new AgentServerError("bad_request", "Goal objective must not be empty.");
    }
    if (objective.length > MAX_OBJECTIVE) {
      const most = MAX_OBJECTIVE.toLocaleString("en");
      throw new AgentServerError("unprocessable", `objective: at most ${most} characters are allowed`);
    }
    if (!Number.isSafeInteger(maxIterations) || maxIterations < 1) {
      throw new AgentServerError("bad_request", "max_iterations must be an integer >= 1.");
    }
    this.#begin(beginning({ objective, maxIterations, iteration: 0 }), objective);
  }

  /**
   * Goes on with the last goal, for one more judgement at least.
   *
   * @throws AgentServerError `bad_request` when there is none that was interrupted; else as `start`
   */
  async resume(): Promise<void> {
    const { session } = this.#options;
    await session.readLog();
    const last = readGoal(session.lastGoal);
    if (last === undefined || last.status === "complete" || last.status === "capped") {
      throw new AgentServerError("bad_request", "no_resumable_goal");
    }
    const { objective, max_iterations: maxIterations } = last;
    const iteration = Math.min(last.iteration, maxIterations - 1);
    this.#begin(beginning({ objective, maxIterations, iteration }), resumption(objective));
  }

  /** Ends the loop and waits until the log says so; the run goes on. Without a goal nothing happens. */
  async stop(): Promise<void> {
    const loop = this.#loop;
    if (loop === null) return;
    loop.abort.abort();
    await loop.done;
  }

  /** As `stop`, for at most `wait` milliseconds. No goal begins from now on. */
  async close(wait: number): Promise<void> {
    this.#closed = true;
    await settledWithin(this.stop(), wait);
  }

  #begin(goal: GoalStatus, words: string): void {
    const { runs, keeper } = this.#options;
    this.#assertJudge();
    if (this.#closed) throw new AgentServerError("bad_request", "inactive_service");
    if (this.#loop !== null || runs.active || keeper.state.execution_status === "running") {
      throw new AgentServerError("conflict", "Conversation run or goal loop already running.");
    }
    const loop = { abort: new AbortController(), slot: runs.claim(), done: Promise.resolve() };
    this.#loop = loop;
    loop.done = this.#left.then(() => this.#drive(loop, goal, words));
    this.#left = loop.done;
  }

  /** A model that fails to be made fails the first run, with a reason. */
  #assertJudge(): void {
    let takesSideCalls = true;
    try {
      takesSideCalls = this.#options.session.llm.sideCalls !== false;
    } catch {
      return;
    }
    if (!takesSideCalls) throw new AgentServerError("bad_request", "no_judge_llm");
  }

  /** Never rejects. */
  async #drive(loop: Loop, goal: GoalStatus, words: string): Promise<void> {
    const { notes, session, keeper } = this.#options;
    const { slot } = loop;
    const { signal } = loop.abort;
    const { id } = session.state;
    let current = goal;
    let isShown = true;
    const show = async (next: GoalStatus) => {
      current = next;
      // Whoever reads that a goal has ended may begin another.
      if (!next.active) this.#end(loop);
      await keeper.append([goalEvent(next)]);
    };
    try {
      await slot.ready(signal);
      // Before the first event: one that shows a goal without a loop would be taken for cut short.
      await session.readLog();
      await notes.begin(id);
      await show(goal);
      await show(await this.#untilJudged(goal, { words, signal, show }));
    } catch (error) {
      if (!signal.aborted) this.#warn(error, "A goal was interrupted");
      // Nothing ends a goal twice: its last event may be the one that failed.
      if (current.active) {
        await show(interrupted(current)).catch((cause: unknown) => {
          isShown = false;
          this.#warn(cause, "A goal ends unseen");
        });
      }
    } finally {
      // An end that no reader can see is shown by the server that finds the note.
      if (isShown)
        await notes.end(id).catch((error: unknown) => this.#warn(error, "The note of a goal is left"));
      this.#end(loop);
    }
  }

  #end(loop: Loop): void {
    if (this.#loop === loop) this.#loop = null;
    loop.slot.release();
  }

  /** Resolves with the end of the goal. `show` is called with its state after each other judgement. */
  async #untilJudged(
    begun: GoalStatus,
    options: { words: string; signal: AbortSignal; show(goal: GoalStatus): Promise<void> },
  ): Promise<GoalStatus> {
    const { signal, show } = options;
    let goal = begun;
    let { words } = options;
    for (;;) {
      await this.#say(words, signal);
      await this.#run(signal);
      const { execution_status: status } = this.#options.keeper.state;
      if (status === "paused" || status === "error") return interrupted(goal);
      const verdict = await untilAborted(this.#judge(goal, signal), signal);
      goal = { ...goal, iteration: goal.iteration + 1, verdict };
      if (verdict.complete) return { ...goal, active: false, status: "complete" };
      if (goal.iteration >= goal.max_iterations) return { ...goal, active: false, status: "capped" };
      await show(goal);
      words = followUp(goal.iteration, verdict.missing);
    }
  }

  /** The message is never left half sent: an abort is noticed before it and after it. */
  async #say(words: string, signal: AbortSignal): Promise<void> {
    const { session, title } = this.#options;
    await untilAborted(session.prepare(), signal);
    const content = [text(words)];
    const { isBlocked } = await session.addUserMessage(content);
    if (!isBlocked) title.consider(content);
    signal.throwIfAborted();
  }

  /** Runs the agent. While calls wait for the user, the goal waits too; after a rejection the agent is run to react. */
  async #run(signal: AbortSignal): Promise<void> {
    const { runs, keeper } = this.#options;
    for (;;) {
      runs.startOrFollow();
      await untilAborted(runs.settled(), signal);
      if (keeper.state.execution_status !== "waiting_for_confirmation") return;
      await untilAborted(keeper.statusAfter("waiting_for_confirmation"), signal);
    }
  }

  async #judge(goal: GoalStatus, signal: AbortSignal): Promise<GoalVerdict> {
    const { session, history } = this.#options;
    const { llm: config } = session.state.agent;
    const transcript = await transcriptOf(history(), { maxInputTokens: config.max_input_tokens });
    const judge = session.models.createCounted({ ...config, stream: false });
    return judgeGoal(judge, { objective: goal.objective, transcript, boundary: session.newId(), signal });
  }

  #warn(error: unknown, message: string): void {
    const { logger, session } = this.#options;
    logger.warn({ conversation_id: session.state.id, error: messageOf(error) }, message);
  }
}

function beginning(goal: { objective: string; maxIterations: number; iteration: number }): GoalStatus {
  const { objective, maxIterations: max_iterations, iteration } = goal;
  return { active: true, status: "running", iteration, max_iterations, objective, verdict: null };
}
