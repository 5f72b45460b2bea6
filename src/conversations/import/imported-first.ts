import { readThrough } from "../../stores/read-through.ts";
import type { Store } from "../../stores/store.ts";
import type { Imports } from "./imports.ts";

/**
 * The store, as if everything of the reference's folders were in it: lists wait until the folders are listed, as does
 * what may come from them, and reading a log brings it here first.
 */
export function importedFirst(store: Store, imports: Imports): Store {
  const { conversations, events } = store;
  const parts: Pick<Store, "conversations" | "events"> = {
    conversations: {
      find: async (ids, documents) => {
        await imports.known(ids);
        return conversations.find(ids, documents);
      },
      search: async (query) => {
        await imports.listed();
        return conversations.search(query);
      },
      count: async (filter) => {
        await imports.listed();
        return conversations.count(filter);
      },
    },
    events: {
      find: async (id, ids) => {
        await imports.ensure(id);
        return events.find(id, ids);
      },
      search: async (id, query) => {
        await imports.ensure(id);
        return events.search(id, query);
      },
      count: async (id, filter) => {
        await imports.ensure(id);
        return events.count(id, filter);
      },
    },
  };
  return readThrough(store, parts, (id) => imports.forget(id));
}
