import { AgentServerError } from "../../errors.ts";
import type { Content } from "../../wire/events/message.ts";
import type { LiveConversation } from "./live-conversation.ts";
import type { Starting } from "./runs/run-control.ts";
import { isRunLimit, type RunSlot } from "./runs/run-slots.ts";

export interface DeliverOptions {
  /** Whether the agent starts to work on the message. */
  run: boolean;
  /** The slot of that run. Default: one is claimed once the message is stored. */
  slot?: RunSlot;
  /** Id of the event, by which a message that is sent again is found. Default: a new one. */
  eventId?: string;
}

/**
 * Ends a goal, stores a message of the user and starts a run on it. Rejects with `too_many_requests` when the run has
 * to wait. A run that may not start at all, or that is beyond a limit of its client, is refused before anything is
 * stored. A message that was sent before is not
 * stored again; its run is started if it is still to come.
 */
export function deliver(
  conversation: LiveConversation,
  content: Content[],
  options: DeliverOptions,
): Promise<void> {
  const { eventId } = options;
  if (eventId === undefined) return send(conversation, content, options);
  return conversation.sent.send(eventId, {
    send: () => send(conversation, content, options),
    again() {
      const { execution_status: status, last_user_message_id: last } = conversation.keeper.state;
      if (options.run && status === "idle" && last === eventId) start(conversation, options);
    },
  });
}

async function send(
  conversation: LiveConversation,
  content: Content[],
  options: DeliverOptions,
): Promise<void> {
  const { runs } = conversation;
  if (options.run) runs.assertServed();
  if (!options.run || options.slot !== undefined) return store(conversation, content, options);
  return runs.admit(async () => {
    const place = runs.holdPlace();
    try {
      await store(conversation, content, { ...options, place });
    } finally {
      place?.release();
    }
  });
}

/** Stores the message and, if it is to have a run, starts that in the same turn. */
async function store(
  conversation: LiveConversation,
  content: Content[],
  options: DeliverOptions & Pick<Starting, "place">,
): Promise<void> {
  const { session, title, goal } = conversation;
  await goal.stop();
  const { isBlocked } = await session.addUserMessage(content, options.eventId);
  if (!isBlocked) title.consider(content);
  if (!options.run) return;
  if (!isBlocked) conversation.supersede();
  start(conversation, options);
}

function start({ runs, session }: LiveConversation, { slot, place }: Starting): void {
  try {
    runs.startOrFollow(slot === undefined ? { place } : { slot });
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
