import { readThrough } from "../../stores/read-through.ts";
import type { Store } from "../../stores/store.ts";

/** A store whose new conversations are bound to a machine. */
export function boundStore(store: Store, machine: string): Store {
  return {
    ...readThrough(store, {}),
    commit: ({ create, ...change }) =>
      store.commit(create === undefined ? change : { ...change, create: { ...create, machine } }),
  };
}
