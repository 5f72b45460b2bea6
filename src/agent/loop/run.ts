import { NO_OBSERVERS, type Observers } from "../../observing/observers.ts";
import { schemasOf } from "../calls/tool-schemas.ts";
import { errorEvent, INTERNAL_FAILURE } from "../error-classification.ts";
import { answerOpenCalls, callError, INTERRUPTED } from "./call-results.ts";
import { answerCutCalls } from "./cut-calls.ts";
import type { Extensions } from "./extensions/extensions.ts";
import { tellModel } from "./messages.ts";
import type { AgentSession } from "./session.ts";
import { type StepOutcome, step } from "./step.ts";
import { judgeProgress, type StuckThresholds, stuckWindow } from "./stuck.ts";

const NO_RESULT =
  "This call has no result, because the run that it belongs to had ended. It may have had a part of its effect: check " +
  "before you repeat it.";

/** Options of a run. */
export interface RunOptions {
  /** Aborted by interrupt. */
  signal: AbortSignal;
  extensions: Extensions;
  /**
   * Whether the run ends before its next step with the status as it is, because another server goes on with it. Default:
   * never.
   */
  isLeaving?(): boolean;
  /** Default: the thresholds of the reference. */
  stuckThresholds?: StuckThresholds | undefined;
  /** Watch the steps. Default: none. */
  observers?: Observers | undefined;
}

/** The limit of steps in one run. Its name is the code of the error. */
export class MaxIterationsReached extends Error {
  override readonly name = "MaxIterationsReached";

  constructor(limit: number) {
    super(`Agent reached maximum iterations limit (${limit}).`);
  }
}

/**
 * Runs the built-in agent until it finishes, waits, is paused or interrupted, is stuck or fails. Status and log show
 * which. One that is finished, or has calls that wait for the user, is left alone. Rejects only when the log cannot be
 * written.
 */
export async function runAgent(session: AgentSession, options: RunOptions): Promise<void> {
  if (session.confirmation.isWaiting || (await staysFinished(session, options))) return;
  await answerLeftCalls(session);
  await session.update({ execution_status: "running" });
  try {
    if (session.cutCalls !== undefined) await answerCutCalls({ ...options, session });
    await loop(session, options);
  } catch (error) {
    if (options.signal.aborted) await interrupt(session);
    else await fail(session, error);
  }
}

/** Whether the agent is finished and no extension calls it back. */
export async function staysFinished(
  session: AgentSession,
  { extensions, signal }: RunOptions,
): Promise<boolean> {
  if (session.state.execution_status !== "finished") return false;
  try {
    return !(await extensions.refusesStop({ session, signal }));
  } catch (error) {
    if (!signal.aborted) await fail(session, error);
    return true;
  }
}

/** A call that the user has not approved in this process is never run on its own: it may have run before. */
async function answerLeftCalls(session: AgentSession): Promise<void> {
  if (session.confirmation.allApproved || session.view.pending().some(({ id }) => session.cutCalls?.has(id)))
    return;
  await answerOpenCalls(session, (action) => callError(action, NO_RESULT, INTERNAL_FAILURE));
}

async function loop(session: AgentSession, options: RunOptions): Promise<void> {
  const { signal, extensions, stuckThresholds, observers = NO_OBSERVERS } = options;
  const schemas = schemasOf(session.tools);
  let isOverlooked = false;
  for (let iteration = 1; ; iteration += 1) {
    signal.throwIfAborted();
    if (options.isLeaving?.()) return;
    if (isPaused(session) || (await stopIfStuck(session, stuckThresholds))) return;
    const outcome = await observers.watch("step", describeStep(session, iteration), {
      work: () => step(session, { signal, extensions, schemas, isOverlooked }),
      ended: ({ kind }) => ({ outcome: kind }),
    });
    // An interrupt that comes when the agent has finished comes too late.
    if (outcome.kind !== "finished") signal.throwIfAborted();
    const { max_iterations: limit } = session.state;
    const isLast = iteration >= limit;
    if (await settle(session, outcome, { ...options, isLast })) return;
    isOverlooked = hasOverlooked(session, outcome);
    if (isPaused(session)) return;
    if (isLast) throw new MaxIterationsReached(limit);
  }
}

function describeStep({ state }: AgentSession, step: number) {
  return { conversationId: state.id, step };
}

/** Whether the agent wanted to end although a message of the user stands before its last words. */
function hasOverlooked({ view }: AgentSession, { kind }: StepOutcome): boolean {
  return (kind === "finished" || kind === "declined") && view.messages().at(-1)?.role !== "user";
}

/** Whether the user has paused the conversation while the loop was busy. */
function isPaused({ state }: AgentSession): boolean {
  return state.execution_status === "paused";
}

interface SettleOptions extends RunOptions {
  /** Whether the run may take no further step. */
  isLast: boolean;
}

/** Writes the status that an outcome leads to. True when the run is over. */
async function settle(session: AgentSession, outcome: StepOutcome, options: SettleOptions): Promise<boolean> {
  switch (outcome.kind) {
    case "continue":
      return false;
    case "stopped":
      return true;
    case "waiting":
      return waitForUser(session, outcome.seen, options);
    case "declined":
      return finishOrGoOn(session, outcome.seen, options);
    case "finished": {
      const isNews = session.view.userMessageCount !== outcome.seen;
      if (!isNews && (await options.extensions.refusesStop({ session, signal: options.signal })))
        return false;
      return finishOrGoOn(session, outcome.seen, options);
    }
  }
}

/** True when the calls wait. A message that came in during the step rejects them, and the run goes on with it. */
async function waitForUser(session: AgentSession, seen: number, options: SettleOptions): Promise<boolean> {
  session.confirmation.reset();
  await session.update({ execution_status: "waiting_for_confirmation" });
  if (session.view.userMessageCount === seen) return true;
  const rejections = session.confirmation.superseded();
  if (rejections.length === 0) return true;
  return takeUp(session, options, () =>
    session.update({ execution_status: "idle", blocked_actions: {} }, rejections),
  );
}

/** True when the agent is finished. It goes on when the user has sent a message that it has not `seen` yet. */
async function finishOrGoOn(session: AgentSession, seen: number, options: SettleOptions): Promise<boolean> {
  if (session.view.userMessageCount === seen) {
    await session.update({ execution_status: "finished" });
    // A message that came in meanwhile has set the status back to idle.
    const isCalledBack = session.state.execution_status === "idle" && session.view.userMessageCount > seen;
    return isCalledBack ? takeUp(session, options) : true;
  }
  if (isPaused(session)) return true;
  return takeUp(session, options, () => session.update({ execution_status: "finished" }));
}

/**
 * Goes on with a message that the agent has not read, after `settled` has shown how the step ended. True when the run
 * has no step left for it: the status is idle then, and the next run reads it. Both are called in one moment, so that
 * they share a commit: a crash between them would leave the message unread.
 */
async function takeUp(
  session: AgentSession,
  { isLast }: SettleOptions,
  settled: () => Promise<void> = async () => {},
): Promise<boolean> {
  await Promise.all([settled(), session.update({ execution_status: isLast ? "idle" : "running" })]);
  return isLast;
}

/** True when the agent repeats itself. Calls that the user has just confirmed run whatever came before them. */
async function stopIfStuck(session: AgentSession, thresholds?: StuckThresholds): Promise<boolean> {
  if (!session.state.stuck_detection || session.view.pending().length > 0) return false;
  const verdict = judgeProgress(session.view.recent(stuckWindow(thresholds)), thresholds);
  if (verdict.kind === "nudge") await session.append([tellModel("environment", verdict.text)]);
  if (verdict.kind !== "stuck") return false;
  await session.update({ execution_status: "stuck" });
  return true;
}

/** Answers the open calls and shows the error. */
export async function fail(session: AgentSession, error: unknown): Promise<void> {
  await answerOpenCalls(session, (action) => callError(action, NO_RESULT, INTERNAL_FAILURE));
  await session.update({ execution_status: "error" }, [errorEvent(error)]);
}

/** Answers the open calls and pauses the conversation. */
export async function interrupt(session: AgentSession): Promise<void> {
  await answerOpenCalls(session, (action) => callError(action, INTERRUPTED));
  await session.update({ execution_status: "paused" }, [{ kind: "InterruptEvent", source: "user" }]);
}
