import { MAX_PAGE_LENGTH } from "../events/event-search.ts";
import { isObject } from "../is-object.ts";
import type { Store, StoredEvent } from "../stores/store.ts";
import type { Event } from "../wire/events/events.ts";
import { message as messageSchema, textOf } from "../wire/events/message.ts";

/** Number of events read at a time, newest first: the last words stand near the end of a log. */
const PAGE = 20;

/**
 * Reads the agent's last words from a stored log: the message of its newest finish call or the text of its newest
 * message, whichever is newer. Empty when the agent has said nothing yet.
 */
export async function finalResponse(store: Pick<Store, "events">, id: string): Promise<string> {
  for (let from: number | undefined; ; ) {
    const page: StoredEvent[] = await store.events.search(id, {
      source: "agent",
      order: "desc",
      ...(from === undefined ? {} : { from }),
      limit: PAGE,
      maxLength: MAX_PAGE_LENGTH,
    });
    for (const { json } of page) {
      const words = lastWords(JSON.parse(json) as Event);
      if (words !== undefined) return words;
    }
    const oldest = page.at(-1);
    if (oldest === undefined || oldest.seq === 0) return "";
    from = oldest.seq - 1;
  }
}

/** Undefined for events that cannot end a conversation. */
function lastWords(event: Event): string | undefined {
  if (event.kind === "MessageEvent") return textOf(messageSchema.parse(event.llm_message).content);
  if (event.kind === "ActionEvent" && event.tool_name === "finish") return finishMessage(event.action);
  return undefined;
}

function finishMessage(action: unknown): string {
  return isObject(action) && typeof action.message === "string" ? action.message : "";
}
