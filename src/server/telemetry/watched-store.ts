import type { Observers } from "../../observing/observers.ts";
import { readThrough } from "../../stores/read-through.ts";
import type { Store } from "../../stores/store.ts";

/** Shows what is stored of conversations to observers. */
export function watchedStore(store: Store, observers: Observers): Store {
  if (!observers.watches("commit")) return store;
  return {
    ...readThrough(store, {}),
    commit: (change) =>
      observers.watch(
        "commit",
        { events: change.events?.length ?? 0 },
        { work: () => store.commit(change), ended: () => ({}) },
      ),
  };
}
