import { AgentServerError } from "../../errors.ts";
import type { Content } from "../../wire/events/message.ts";
import type { LiveConversation } from "./live-conversation.ts";
import { isRunLimit, type RunSlot } from "./runs/run-slots.ts";

export interface DeliverOptions {
  /** Whether the agent starts to work on the message. */
  run: boolean;
  /** The slot of that run. Default: one is claimed once the message is stored. */
  slot?: RunSlot;
}

/**
 * Ends a goal, stores a message of the user and starts a run on it. Rejects with `too_many_requests` when the run has
 * to wait. A run that may not start at all is refused before anything is stored.
 */
export async function deliver(
  conversation: LiveConversation,
  content: Content[],
  { run, slot }: DeliverOptions,
): Promise<void> {
  const { session, runs, title, goal } = conversation;
  if (run) runs.assertServed();
  await goal.stop();
  const { isBlocked } = await session.addUserMessage(content);
  if (!isBlocked) title.consider(content);
  if (!run) return;
  if (!isBlocked) conversation.supersede();
  try {
    runs.startOrFollow(slot === undefined ? {} : { slot });
  } catch (error) {
    throw isRunLimit(error) ? messageSaved(session.state.id) : error;
  }
}

function messageSaved(id: string): AgentServerError {
  return new AgentServerError(
    "too_many_requests",
    "Message saved, but the conversation run limit was reached. " +
      `Retry POST /api/conversations/${id}/run without resending the message.`,
  );
}
