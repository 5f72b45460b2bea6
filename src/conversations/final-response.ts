import { branchUpwards } from "../events/branch.ts";
import { isObject } from "../is-object.ts";
import type { ConversationHeader, Store } from "../stores/store.ts";
import type { Event } from "../wire/events/events.ts";
import { message as messageSchema, textOf } from "../wire/events/message.ts";

/** Number of events read at a time: the last words stand near the end of a branch. */
const PAGE = 20;

/**
 * Reads the agent's last words on the active branch of a stored log: the message of its newest finish call or the text
 * of its newest message, whichever is newer. Empty when the agent has said nothing yet.
 */
export async function finalResponse(
  { events }: Pick<Store, "events">,
  { id: conversationId, leafEventId: leafId }: Pick<ConversationHeader, "id" | "leafEventId">,
): Promise<string> {
  for await (const { event } of branchUpwards({ events, conversationId, leafId, pageSize: PAGE })) {
    if (event.source !== "agent") continue;
    const words = lastWords(event);
    if (words !== undefined) return words;
  }
  return "";
}

/** The words of an event as the end of a conversation; undefined for events that cannot end one. */
export function lastWords(event: Event): string | undefined {
  if (event.kind === "MessageEvent") return textOf(messageSchema.parse(event.llm_message).content);
  if (event.kind === "ActionEvent" && event.tool_name === "finish") return finishMessage(event.action);
  return undefined;
}

function finishMessage(action: unknown): string {
  return isObject(action) && typeof action.message === "string" ? action.message : "";
}
