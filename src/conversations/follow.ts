import { replay } from "../events/replay.ts";
import type { Store } from "../stores/store.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";
import type { Conversation } from "./live/live-conversation.ts";

export interface FollowOptions {
  store: Pick<Store, "events">;
  signal?: AbortSignal | undefined;
}

/** Everything of a conversation: its log from the first event, then what happens, until it closes or the signal aborts. */
export async function* follow(
  { session }: Conversation,
  { store, signal }: FollowOptions,
): AsyncGenerator<Event | TransientEvent, void, void> {
  const { log, state } = session;
  const reader = log.subscribe();
  const untilSeq = log.lastSeq;
  try {
    for await (const page of replay(store, state.id, { untilSeq })) {
      for (const text of page) yield JSON.parse(text);
    }
    while (!reader.ended && !signal?.aborted) {
      const text = reader.take();
      if (text === undefined) await reader.wait(signal);
      else yield JSON.parse(text);
    }
  } finally {
    reader.close();
  }
}
