import type { ConversationStore } from "../../stores/store.ts";

/** Conversations read at once. */
const PAGE = 100;

/** Ids of the conversations whose run the end of the last process cut short, the oldest first. */
export async function findCutRuns(conversations: ConversationStore): Promise<string[]> {
  const ids: string[] = [];
  for (let from: string | undefined; ; ) {
    const page = await conversations.search({
      status: "running",
      sortOrder: "CREATED_AT",
      ...(from === undefined ? {} : { from }),
      limit: PAGE + 1,
      documents: [],
    });
    ids.push(...page.slice(0, PAGE).map(({ id }) => id));
    from = page[PAGE]?.id;
    if (from === undefined) return ids;
  }
}
