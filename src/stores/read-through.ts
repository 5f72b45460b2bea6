import type { Store } from "./store.ts";

/** Gives a store with other parts. `removed` is called when a conversation is gone. */
export function readThrough(
  store: Store,
  parts: Partial<Pick<Store, "conversations" | "events" | "relay">>,
  removed: (conversationId: string) => void = () => {},
): Store {
  const { conversations, events, bashEvents, documents, outbox, relay, ownership } = store;
  return {
    conversations,
    events,
    bashEvents,
    documents,
    outbox,
    relay,
    ownership,
    ...parts,
    commit: (change) => store.commit(change),
    remove: async (id) => {
      await store.remove(id);
      removed(id);
    },
    close: () => store.close(),
  };
}
