import { INTERNAL_FAILURE } from "../error-classification.ts";
import { answerOpenCalls, type CallResult, callError } from "./call-results.ts";
import { QUESTION_KEY } from "./confirmation/questions.ts";
import type { AgentSession } from "./session.ts";

/** The error that answers a call which was cut short. Covers every way in which a run is cut: a crash, a full disk, a conversation that another server went on with. */
export const CUT_SHORT =
  "This call was cut short: the server restarted while the tool was running, or could not store what happened, perhaps " +
  "because it ran out of memory or disk space. The call may have had part of its effect: check before you repeat it. " +
  "Shells and programs that were open have ended.";

/** Facts about a run that was cut short. */
export interface Recovery {
  /** Results of calls that had ended by then, by the id of the action. Default: none. */
  known?: ReadonlyMap<string, CallResult>;
  /** Whether another run goes on with it at once, instead of the error. Default: false. */
  goesOn?: boolean;
  /**
   * Whether the machine outlives its servers, so that the run that goes on may find there what became of the calls: they
   * stay open for it. Default: false.
   */
  machineLasts?: boolean;
}

/**
 * Clears up what the end of the process left, or of the conversation in memory: every open call is answered, unless it
 * waits for the user, and a status running becomes error, so that the conversation can go on.
 */
export async function recoverRun(
  session: AgentSession,
  { known = new Map(), goesOn = false, machineLasts = false }: Recovery = {},
): Promise<void> {
  const { [QUESTION_KEY]: question, ...agent_state } = session.state.agent_state;
  // A question was asked in the middle of a run: its calls had been approved before, and may have had their effect.
  const wasRunning = question !== undefined;
  if (session.confirmation.isWaiting && !wasRunning) return;
  if (goesOn && machineLasts) await leaveCalls(session, known);
  else {
    await answerOpenCalls(
      session,
      (action) => known.get(action.id) ?? callError(action, CUT_SHORT, INTERNAL_FAILURE),
    );
  }
  // Last: while the status says running, or a question is open, a crash in between is repaired at the next start.
  if (wasRunning || session.state.execution_status === "running")
    await session.update({ execution_status: goesOn ? statusOf(session) : "error", agent_state });
}

/** Answers the calls whose results are known, and notes the others for the run that goes on. */
async function leaveCalls(session: AgentSession, known: ReadonlyMap<string, CallResult>): Promise<void> {
  const open = session.view.pending();
  for (const { id } of open) if (!known.has(id)) session.cutCalls?.add(id);
  await session.update({}, [...open.flatMap(({ id }) => known.get(id) ?? [])]);
}

/** The status to go on with. An agent that had ended is not asked again, only those who may refuse its end. */
function statusOf({ view }: AgentSession): "running" | "finished" {
  const last = view.events.at(-1);
  const hasEnded =
    (last?.kind === "MessageEvent" && last.source === "agent") ||
    (last?.kind === "ObservationEvent" && last.tool_name === "finish");
  return hasEnded ? "finished" : "running";
}
