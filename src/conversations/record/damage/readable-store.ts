import { readableEvents } from "../../../events/readable-events.ts";
import type { Store } from "../../../stores/store.ts";
import type { DamageLog } from "./damage-log.ts";

/** The store with events that can all be read; those that are damaged are logged. */
export function readableStore(store: Store, damage: DamageLog): Store {
  const events = readableEvents(store.events, (id, { seq }) => damage.report(id, `event ${seq}`));
  return {
    conversations: store.conversations,
    events,
    bashEvents: store.bashEvents,
    documents: store.documents,
    relay: store.relay,
    ownership: store.ownership,
    commit: (change) => store.commit(change),
    remove: async (id) => {
      await store.remove(id);
      events.forget(id);
    },
    close: () => store.close(),
  };
}
