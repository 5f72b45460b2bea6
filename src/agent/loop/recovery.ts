import { INTERNAL_FAILURE } from "../error-classification.ts";
import { answerOpenCalls, callError } from "./call-results.ts";
import type { AgentSession } from "./session.ts";

/** Covers every way in which a run is cut: a crash, a full disk, a conversation that another server went on with. */
const CUT_SHORT =
  "This call was cut short: the server restarted while the tool was running, or could not store what happened, perhaps " +
  "because it ran out of memory or disk space. The call may have had part of its effect: check before you repeat it. " +
  "Shells and programs that were open have ended.";

/**
 * Clears up what the end of the process left, or of the conversation in memory: every open call is answered, unless it
 * waits for the user, and a status running becomes error, so that the conversation can go on.
 */
export async function recoverRun(session: AgentSession): Promise<void> {
  if (session.confirmation.isWaiting) return;
  await answerOpenCalls(session, (action) => callError(action, CUT_SHORT, INTERNAL_FAILURE));
  // Last: while the status says running, a crash in between is repaired at the next start.
  if (session.state.execution_status === "running") await session.update({ execution_status: "error" });
}
