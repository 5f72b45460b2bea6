import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import type { ConversationHandle } from "../conversations/live/conversation-handle.ts";
import { AgentServerError } from "../errors.ts";
import { validate, validationError } from "../http/route/validation.ts";
import { uuid } from "../wire/ids.ts";
import { errorBody } from "../wire/validation-error.ts";

/** The parameter of every path below `/api/conversations/{conversation_id}`. */
export const conversationParams = z.object({ conversation_id: uuid });

export const notFound = { description: "No such conversation", body: errorBody } as const;
export const conflict = { description: "The conversation does not allow it now", body: errorBody } as const;
export const busy = {
  description: "Too many runs are active; nothing has changed",
  body: errorBody,
} as const;
export const upstream = { description: "The model does not do its part", body: errorBody } as const;
export const refused = { description: "The request cannot be carried out", body: errorBody } as const;

export const SUCCESS = { status: 200, body: { success: true } } as const;

/** Rejects an unknown conversation with no further words, as the reference does in most places, or with these. */
export async function orNotFound<T>(work: Promise<T>, detail?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (AgentServerError.is(error) && error.code === "not_found")
      throw new AgentServerError("not_found", detail);
    throw error;
  }
}

/** Makes the handlers of verbs that answer `success` and nothing else. */
export function successOf(conversations: ConversationManager) {
  return async (
    { conversation_id: id }: z.output<typeof conversationParams>,
    work: (conversation: ConversationHandle) => Promise<void>,
  ) => {
    await orNotFound(conversations.open(id).then(work));
    return SUCCESS;
  };
}

/** Header by which a client names the event of a message. */
export const EVENT_ID = "X-Event-ID";

/**
 * The event that a client names; undefined without one.
 *
 * @throws AgentServerError `unprocessable` for a header that is not a UUID
 */
export function eventIdIn(headers: Headers): string | undefined {
  const given = headers.get(EVENT_ID);
  if (given === null) return undefined;
  const read = validate(z.object({ [EVENT_ID]: uuid }), { [EVENT_ID]: given }, "header");
  if (read.items !== undefined) throw validationError(read.items);
  return read.value[EVENT_ID];
}
