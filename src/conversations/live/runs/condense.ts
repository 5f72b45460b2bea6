import { errorEvent } from "../../../agent/error-classification.ts";
import { NoCondensation } from "../../../agent/loop/condenser.ts";
import { AgentServerError, messageOf } from "../../../errors.ts";
import type { LiveConversation } from "../live-conversation.ts";

/**
 * Requests a condensation and resolves once it is stored. A run that is active makes it before its next call of the
 * model; without one it is made at once, which leaves the status as it is and lets no call run.
 *
 * Rejects with `too_many_requests` beyond a final budget, with `conflict` without a condenser that takes requests and
 * when there is nothing to summarise, and with `bad_gateway` when the condenser fails. The log shows that, and the
 * conversation goes on as before.
 */
export async function condense(conversation: LiveConversation): Promise<void> {
  const { session, runs } = conversation;
  await session.prepare();
  await conversation.assertBudget();
  refuseInVain(conversation);
  await session.append([{ kind: "CondensationRequest", source: "environment" }]);
  while (session.view.condensationRequested) {
    if (runs.active) await Promise.race([session.requestAnswered(), runs.ended()]);
    else await runs.instead((signal) => condenseNow(conversation, signal));
  }
}

function refuseInVain({ session }: LiveConversation): void {
  const { condenser } = session.state.agent;
  if (!session.extensions.handlesCondensation) {
    throw refusal(
      condenser === null
        ? "No condenser configured"
        : `Condenser ${condenser.kind} does not handle condensation requests`,
    );
  }
  if (session.view.events.every(({ kind }) => kind === "SystemPromptEvent")) {
    throw refusal("There is nothing to summarise yet");
  }
}

function refusal(reason: string): AgentServerError {
  return new AgentServerError("conflict", `Cannot condense conversation: ${reason}`);
}

async function condenseNow({ session }: LiveConversation, signal: AbortSignal): Promise<void> {
  try {
    await session.extensions.condense({ session, signal });
  } catch (error) {
    const failure = new NoCondensation(signal.aborted ? "Interrupted" : messageOf(error));
    await session.update({}, [errorEvent(failure)]);
    throw new AgentServerError("bad_gateway", `Cannot condense conversation: ${failure.message}`, {
      cause: error,
    });
  }
}
