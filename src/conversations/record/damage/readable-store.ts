import { readableEvents } from "../../../events/readable-events.ts";
import { readThrough } from "../../../stores/read-through.ts";
import type { Store } from "../../../stores/store.ts";
import type { DamageLog } from "./damage-log.ts";

/** The store with events that can all be read; those that are damaged are logged. */
export function readableStore(store: Store, damage: DamageLog): Store {
  const events = readableEvents(store.events, (id, { seq }) => damage.report(id, `event ${seq}`));
  return readThrough(store, { events }, (id) => events.forget(id));
}
