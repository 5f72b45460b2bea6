import { isObject } from "../../is-object.ts";
import { isWithin, type Reach, type ReachFacts } from "../../principal.ts";
import type { ConversationQuery, ConversationRecord, Store } from "../../stores/store.ts";
import { isConversationId } from "../record/damage/damaged.ts";

/** Documents that hold what decides whether a conversation is reached. */
const DOCUMENTS = ["state"] as const;
/** Conversations that are read at a time where tags decide. */
const PAGE = 100;

/** Finds what decides whether a conversation is reached; undefined for an unknown one. */
export async function findReachFacts(
  store: Pick<Store, "conversations">,
  id: string,
): Promise<ReachFacts | undefined> {
  const [record] = await store.conversations.find([id], DOCUMENTS);
  return record && factsOf(record);
}

/** Whether a record that was read with the document "state" is reached. */
export function reaches(reach: Reach, record: ConversationRecord): boolean {
  return isWithin(reach, factsOf(record));
}

/** A page of the conversations that are reached. Where tags decide, it reads as many as it takes to fill it. */
export async function searchReached(
  store: Pick<Store, "conversations">,
  query: ConversationQuery,
  reach: Reach,
): Promise<ConversationRecord[]> {
  if (reach.tags === undefined) return store.conversations.search(query);
  const found: ConversationRecord[] = [];
  for await (const page of pagesOf(store, query)) {
    // A damaged id could not be the place where the next page begins.
    found.push(...page.filter((record) => isConversationId(record.id) && reaches(reach, record)));
    if (found.length >= query.limit) return found.slice(0, query.limit);
  }
  return found;
}

/** Counts the conversations that are reached. */
export async function countReached(
  store: Pick<Store, "conversations">,
  filter: Omit<ConversationQuery, "sortOrder" | "from" | "limit" | "documents">,
  reach: Reach,
): Promise<number> {
  if (reach.tags === undefined) return store.conversations.count(filter);
  let count = 0;
  const query = { ...filter, sortOrder: "CREATED_AT" as const, limit: PAGE, documents: DOCUMENTS };
  for await (const page of pagesOf(store, query)) {
    count += page.filter((record) => isConversationId(record.id) && reaches(reach, record)).length;
  }
  return count;
}

async function* pagesOf(
  { conversations }: Pick<Store, "conversations">,
  query: ConversationQuery,
): AsyncGenerator<readonly ConversationRecord[], void, void> {
  for (let from = query.from; ; ) {
    const page = await conversations.search({
      ...query,
      ...(from !== undefined && { from }),
      limit: PAGE + 1,
    });
    yield page.slice(0, PAGE);
    const next = page[PAGE];
    if (next === undefined) return;
    from = next.id;
  }
}

/** Tags that cannot be read count as none. */
function factsOf({ createdBy, documents }: ConversationRecord): ReachFacts {
  return { createdBy, tags: tagsIn(documents.state) };
}

function tagsIn(text: string | undefined): Record<string, string> {
  try {
    const state: unknown = JSON.parse(text ?? "{}");
    return isObject(state) && isObject(state.tags) ? (state.tags as Record<string, string>) : {};
  } catch {
    return {};
  }
}
