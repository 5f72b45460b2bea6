import type { Store, StoredEvent } from "../../stores/store.ts";
import type { SourceConversation } from "./folder/source-conversation.ts";

const NO_HEAD: readonly string[] = ["ConversationStateUpdateEvent", "ConversationErrorEvent"];

/**
 * HEAD as it was saved, if the log has it. Older servers saved none: theirs is the last event of the log, but for state
 * updates and errors, which a newer server may have added when it tried to open it.
 */
export async function headOf(
  id: string,
  { leafEventId }: Pick<SourceConversation, "leafEventId">,
  { events }: Pick<Store, "events">,
): Promise<string | null> {
  if (leafEventId === null) return null;
  if (leafEventId !== undefined && (await events.find(id, [leafEventId])).length > 0) return leafEventId;
  let from: number | undefined;
  for (;;) {
    const page: StoredEvent[] = await events.search(id, {
      order: "desc",
      limit: 50,
      maxLength: 1_000_000,
      ...(from !== undefined && { from }),
    });
    const head = page.find(({ kind }) => !NO_HEAD.includes(kind));
    const last = page.at(-1);
    if (head !== undefined) return head.id;
    if (last === undefined || last.seq === 0) return null;
    from = last.seq - 1;
  }
}
