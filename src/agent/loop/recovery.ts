import { INTERNAL_FAILURE } from "../error-classification.ts";
import { answerOpenCalls, callError } from "./call-results.ts";
import type { AgentSession } from "./session.ts";

const RESTARTED =
  "The server restarted while this tool was running, perhaps because it ran out of memory or crashed. " +
  "The call may have had part of its effect: check before you repeat it.";

/**
 * Clears up what the end of the process left: every open call is answered, unless it waits for the user, and a status
 * running becomes error, so that the conversation can go on.
 */
export async function recoverRun(session: AgentSession): Promise<void> {
  if (session.confirmation.isWaiting) return;
  await answerOpenCalls(session, (action) => callError(action, RESTARTED, INTERNAL_FAILURE));
  // Last: while the status says running, a crash in between is repaired at the next start.
  if (session.state.execution_status === "running") await session.update({ execution_status: "error" });
}
