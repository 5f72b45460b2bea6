import type { ConversationStore } from "../../../stores/store.ts";

/** Number of conversations read at a time. */
const PAGE = 100;

/** Finds the conversations whose status is running, the oldest first. */
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
