import { readableEvents } from "../../../events/readable-events.ts";
import type { Store } from "../../../stores/store.ts";
import type { DamageLog } from "./damage-log.ts";

/** The store with events that can all be read; those that are damaged are logged. */
export function readableStore(store: Store, damage: DamageLog): Store {
  return {
    conversations: store.conversations,
    events: readableEvents(store.events, (id, { seq }) => damage.report(id, `event ${seq}`)),
    bashEvents: store.bashEvents,
    relay: store.relay,
    ownership: store.ownership,
    commit: (change) => store.commit(change),
    remove: (id) => store.remove(id),
    close: () => store.close(),
  };
}
