import { messageOf } from "../../errors.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import { toolSchemas } from "../calls/tool-schemas.ts";
import { classifyError } from "../error-classification.ts";
import { callError, INTERRUPTED } from "./call-results.ts";
import type { Condenser } from "./condenser.ts";
import { tellModel } from "./messages.ts";
import type { AgentSession } from "./session.ts";
import { type StepOutcome, step } from "./step.ts";
import { judgeProgress, type StuckThresholds, stuckWindow } from "./stuck.ts";

const MESSAGE_OVERLOOKED =
  "Another message from the user came in while you were writing your last reply; it stands just before that reply. " +
  "Take it up now.";

export interface RunOptions {
  /** Aborted by interrupt. */
  signal: AbortSignal;
  condenser?: Condenser | null;
  stuckThresholds?: StuckThresholds;
}

/**
 * Lets the agent work until it finishes, waits, is paused or interrupted, is stuck or fails; all of these show in the
 * status and the log, none rejects. Rejects only when the log cannot be written. Does nothing when the status is finished.
 */
export async function runAgent(session: AgentSession, options: RunOptions): Promise<void> {
  if (!(await enter(session))) return;
  try {
    await loop(session, options);
  } catch (error) {
    if (options.signal.aborted) await interrupt(session);
    else await fail(session, errorCode(error), messageOf(error));
  }
}

/** A run on a conversation that waits for confirmation is the user's yes. */
async function enter(session: AgentSession): Promise<boolean> {
  const { execution_status: status } = session.state;
  if (status === "finished") return false;
  await session.update({ execution_status: "running" });
  return true;
}

async function loop(session: AgentSession, options: RunOptions): Promise<void> {
  const { signal, condenser = null } = options;
  const schemas = schemasOf(session);
  for (let iteration = 1; ; iteration += 1) {
    signal.throwIfAborted();
    if (isPaused(session) || (await stopIfStuck(session, options.stuckThresholds))) return;
    const outcome = await step(session, { signal, condenser, schemas });
    // An interrupt that comes when the work is done has come too late.
    if (outcome.kind !== "finished") signal.throwIfAborted();
    if (await settle(session, outcome)) return;
    if (isPaused(session)) return;
    const { max_iterations: limit } = session.state;
    if (iteration >= limit) {
      return fail(session, "MaxIterationsReached", `Agent reached maximum iterations limit (${limit}).`);
    }
  }
}

/** Whether the user has paused the conversation while the loop was busy. */
function isPaused({ state }: AgentSession): boolean {
  return state.execution_status === "paused";
}

async function settle(session: AgentSession, outcome: StepOutcome): Promise<boolean> {
  switch (outcome.kind) {
    case "continue":
      return false;
    case "waiting":
      await session.update({ execution_status: "waiting_for_confirmation" });
      return true;
    case "finished":
      return !(await finishOrGoOn(session, outcome.seen));
  }
}

/** An agent that is done goes on when the user has said something that it does not know of yet. */
async function finishOrGoOn(session: AgentSession, seen: number): Promise<boolean> {
  if (session.view.userMessageCount === seen) {
    await session.update({ execution_status: "finished" });
    // A message that came in meanwhile has set the status back to idle.
    const isCalledBack = session.state.execution_status === "idle" && session.view.userMessageCount > seen;
    if (isCalledBack) await session.update({ execution_status: "running" });
    return isCalledBack;
  }
  // Some models refuse, and all are puzzled by, a prompt that ends with their own words.
  if (session.view.messages().at(-1)?.role !== "user") {
    await session.append([tellModel("environment", MESSAGE_OVERLOOKED)]);
  }
  return true;
}

/** Calls the user has just confirmed are run whatever the calls before them looked like. */
async function stopIfStuck(session: AgentSession, thresholds?: StuckThresholds): Promise<boolean> {
  if (!session.state.stuck_detection || session.view.pending().length > 0) return false;
  const verdict = judgeProgress(session.view.recent(stuckWindow(thresholds)), thresholds);
  if (verdict.kind === "nudge") await session.append([tellModel("environment", verdict.text)]);
  if (verdict.kind !== "stuck") return false;
  await session.update({ execution_status: "stuck" });
  return true;
}

/** Leaves nothing open, so that the conversation can go on. */
async function interrupt(session: AgentSession): Promise<void> {
  const open = session.view.pending().map((action) => callError(action, INTERRUPTED));
  if (open.length > 0) await session.append(open);
  await session.update({ execution_status: "paused" }, [{ kind: "InterruptEvent", source: "user" }]);
}

async function fail(session: AgentSession, code: string, detail: string): Promise<void> {
  const classification = classifyError(code, detail);
  await session.update({ execution_status: "error" }, [
    { kind: "ConversationErrorEvent", source: "environment", code, detail, classification },
  ]);
}

function errorCode(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}

/** Made again only when the set of tools has changed. */
function schemasOf(session: AgentSession): () => readonly ToolSchema[] {
  let source: readonly ToolSchema[] | undefined;
  let schemas: readonly ToolSchema[] = [];
  return () => {
    if (source !== session.tools.schemas) {
      source = session.tools.schemas;
      schemas = toolSchemas(session.tools);
    }
    return schemas;
  };
}
