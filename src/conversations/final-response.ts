import { agentFinalResponse } from "../agent/final-response.ts";
import type { Store, StoredEvent } from "../stores/store.ts";
import type { Event } from "../wire/events/events.ts";

/** Events read at once, newest first: what ends a conversation is among its last. */
const PAGE = 20;

/** The agent's last words in a stored log; empty when it said nothing yet. */
export async function finalResponse(store: Pick<Store, "events">, id: string): Promise<string> {
  let from: number | undefined;
  for (;;) {
    const page: StoredEvent[] = await store.events.search(id, {
      source: "agent",
      order: "desc",
      ...(from === undefined ? {} : { from }),
      limit: PAGE,
    });
    const said = page.map(({ json }) => JSON.parse(json) as Event);
    if (said.some(isLastWord)) return agentFinalResponse(said);
    const oldest = page.at(-1);
    if (page.length < PAGE || oldest === undefined || oldest.seq === 0) return "";
    from = oldest.seq - 1;
  }
}

function isLastWord(event: Event): boolean {
  return event.kind === "MessageEvent" || (event.kind === "ActionEvent" && event.tool_name === "finish");
}
