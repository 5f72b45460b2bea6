import type { ConversationRecord, Store } from "../../stores/store.ts";

/** Conversations read at a time. */
const PAGE = 50;

/** Yields the conversations of the sub-agents of a conversation, oldest first, not those of theirs. */
export async function* subAgentsOf(
  id: string,
  { conversations }: Pick<Store, "conversations">,
  documents: readonly string[] = [],
): AsyncGenerator<ConversationRecord, void, void> {
  let from: string | undefined;
  do {
    const page = await conversations.search({
      agentOf: id,
      sortOrder: "CREATED_AT",
      ...(from === undefined ? {} : { from }),
      limit: PAGE + 1,
      documents,
    });
    yield* page.slice(0, PAGE);
    from = page[PAGE]?.id;
  } while (from !== undefined);
}
