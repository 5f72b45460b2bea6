// A store of your own, around another one: it also appends every event to an audit file.
// Run it with:  npm run example examples/08-custom-store.ts
// test/examples/examples.test.ts checks it with `storeContract`, as you would check yours.
import { appendFileSync } from "node:fs";
import { createServer, type ServerOptions, type Store, sqliteStore } from "agent-server";

const DATABASE = "workspace/audited.db";

/** Events are in the file once the commit has resolved. An append that fails rejects a commit that is already stored. */
export function auditedStore(store: Store, path: string): Store {
  return {
    conversations: store.conversations,
    events: store.events,
    bashEvents: store.bashEvents,
    documents: store.documents,
    outbox: store.outbox,
    relay: store.relay,
    ownership: store.ownership,
    async commit(change) {
      await store.commit(change);
      const lines = (change.events ?? []).map(({ json }) => `${change.conversationId} ${json}\n`);
      // Commits resolve in order. An append that did not block could change the order of their lines.
      if (lines.length > 0) appendFileSync(path, lines.join(""));
    },
    remove: (conversationId) => store.remove(conversationId),
    close: () => store.close(),
  };
}

export function buildServer(options: ServerOptions & { auditFile?: string } = {}) {
  const { auditFile = "workspace/audit.log", store = sqliteStore({ path: DATABASE }), ...rest } = options;
  return createServer({ keyless: "loopback", ...rest, store: auditedStore(store, auditFile) });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; every event is also in workspace/audit.log`);
}
