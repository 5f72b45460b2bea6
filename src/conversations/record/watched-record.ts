import type { WatchedRecord } from "../../events/watch.ts";
import type { ConversationRecord, ConversationStore } from "../../stores/store.ts";
import { LIVE_DOCUMENTS } from "./conversation-documents.ts";
import { isDamaged } from "./damage/damaged.ts";
import { fullState } from "./state-update.ts";
import { type OpenStateOptions, openState } from "./stored-state.ts";
import { type LiveCalls, withLiveCalls } from "./usage.ts";

/**
 * Reads a conversation for its watchers; undefined for an unknown one. Every commit is whole, so the state is that of
 * the last stored event. Only the lists of single model calls, which are stored at the end of a run, may be older where
 * another server runs the conversation.
 */
export async function watchedRecord(
  conversations: ConversationStore,
  id: string,
  options: OpenStateOptions & { callsOf: LiveCalls },
): Promise<WatchedRecord | undefined> {
  const [record] = await conversations.find([id], LIVE_DOCUMENTS);
  if (record === undefined) return undefined;
  const { eventCount, leafEventId } = record;
  return {
    eventCount,
    leafEventId,
    fullState: greeting(await withLiveCalls(record, options.callsOf), options),
  };
}

/** The first frame of a watch. Of a damaged conversation, whose log can still be read, it is an error that says so. */
function greeting(record: ConversationRecord, options: OpenStateOptions): WatchedRecord["fullState"] {
  try {
    const { state, lostSecrets } = openState(record, options);
    return fullState(state, lostSecrets);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    options.damage?.report(record.id, "the conversation", error);
    return {
      kind: "ServerErrorEvent",
      source: "environment",
      code: "DamagedConversation",
      detail: error.message,
    };
  }
}
