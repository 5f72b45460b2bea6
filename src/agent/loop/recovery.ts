import { INTERNAL_FAILURE } from "../error-classification.ts";
import { answerOpenCalls, callError } from "./call-results.ts";
import type { AgentSession } from "./session.ts";

const RESTARTED =
  "The server restarted while this tool was running, perhaps because it ran out of memory or crashed. " +
  "The call may have had part of its effect: check before you repeat it.";

/**
 * Ends a run that the end of its process cut short: every open call is answered and the status becomes error, so that
 * the conversation can go on. Does nothing in any other status.
 */
export async function recoverRun(session: AgentSession): Promise<void> {
  if (session.state.execution_status !== "running") return;
  await answerOpenCalls(session, (action) => callError(action, RESTARTED, INTERNAL_FAILURE));
  // Last: while the status says running, a crash in between is repaired at the next start.
  await session.update({ execution_status: "error" });
}
