import type { WatchedRecord } from "../../events/watch.ts";
import type { ConversationStore } from "../../stores/store.ts";
import { LIVE_DOCUMENTS } from "./conversation-documents.ts";
import { fullState } from "./state-update.ts";
import { type OpenStateOptions, openState } from "./stored-state.ts";

/**
 * Reads a conversation for its watchers; undefined for an unknown one. Every commit is whole, so the state is that of
 * the last stored event. Only the lists of single model calls, which are stored at the end of a run, may be older.
 */
export async function watchedRecord(
  conversations: ConversationStore,
  id: string,
  options: OpenStateOptions,
): Promise<WatchedRecord | undefined> {
  const [record] = await conversations.find([id], LIVE_DOCUMENTS);
  if (record === undefined) return undefined;
  const { eventCount, leafEventId } = record;
  const { state, lostSecrets } = openState(record, options);
  return { eventCount, leafEventId, fullState: fullState(state, lostSecrets) };
}
