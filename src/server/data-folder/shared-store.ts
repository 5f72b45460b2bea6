import type { Store } from "../../stores/store.ts";

/** Number of servers of this process that use a store. */
const users = new WeakMap<Store, number>();

/** Counts a server as a user of a store. Returns a function that ends this and, for the last user, closes the store. */
export function shareStore(store: Store): () => Promise<void> {
  users.set(store, (users.get(store) ?? 0) + 1);
  return async () => {
    const left = (users.get(store) ?? 1) - 1;
    users.set(store, left);
    if (left === 0) await store.close();
  };
}
