import { createServer, memoryStore, type ServerOptions, type Store } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";

const ADDRESS = "http://127.0.0.1:1";

function member(store: Store, options: Partial<ServerOptions> = {}) {
  const server = createServer({
    ...{ store, apiKeys: ["key"], secretKey: "first", logger: "silent", cluster: { address: ADDRESS } },
    ...options,
  });
  onTestFinished(() => server.close());
  const get = (path: string) =>
    server.fetch(new Request(`http://localhost${path}`, { headers: { "x-session-api-key": "key" } }));
  return { server, get };
}

/** A store that outlives the servers of a test. */
function openStore(): Store {
  const store = memoryStore();
  return { ...viewOf(store), close: async () => undefined };
}

function viewOf(store: Store): Store {
  const { conversations, events, bashEvents, documents, outbox, relay, ownership } = store;
  return {
    ...{ conversations, events, bashEvents, documents, outbox, relay, ownership },
    commit: (change) => store.commit(change),
    remove: (id) => store.remove(id),
    close: () => store.close(),
  };
}

describe("a server that joins a cluster", () => {
  it("is admitted with the secret key of the others", async () => {
    const store = openStore();
    const first = member(store);
    await expect.poll(async () => (await first.get("/ready")).status).toBe(200);
    const second = member(store);
    await expect.poll(async () => (await second.get("/ready")).status).toBe(200);
    expect((await second.get("/api/conversations/count")).status).toBe(200);
  });

  it("is refused with another one: it does not listen, serves nothing and is never ready", async () => {
    const store = openStore();
    const first = member(store);
    await expect.poll(async () => (await first.get("/ready")).status).toBe(200);
    const before = await store.documents.list("cluster");
    const { server, get } = member(store, { secretKey: "second" });
    await expect(server.listen(0)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("secretKey: the other servers of this store have another one"),
    });
    const refused = await get("/api/conversations/count");
    expect([refused.status, JSON.stringify(await refused.json())]).toEqual([
      503,
      expect.stringContaining("have another one"),
    ]);
    expect([(await get("/ready")).status, (await get("/health")).status]).toEqual([503, 200]);
    expect(await store.documents.list("cluster")).toEqual(before);
  });

  it("replaces the key together with the others, one after the other", async () => {
    const store = openStore();
    const isReady = async (secretKey: string, previousSecretKeys: string[]) => {
      const { server } = member(store, { secretKey, previousSecretKeys });
      return server.listen(0).then(
        () => true,
        () => false,
      );
    };
    expect(await isReady("first", [])).toBe(true);
    expect(await isReady("first", ["second"])).toBe(true);
    expect(await isReady("second", ["first"])).toBe(true);
    expect(await isReady("first", ["second"])).toBe(true);
    expect(await isReady("second", ["first"])).toBe(true);
    expect([await isReady("first", []), await isReady("second", [])]).toEqual([false, true]);
  });

  it("two that come first at the same moment agree on one key", async () => {
    const store = openStore();
    const servers = [member(store), member(store, { secretKey: "second" })];
    const outcomes = await Promise.allSettled(servers.map(({ server }) => server.listen(0)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it("waits for a store that is not there yet", async () => {
    const store = openStore();
    let isThere = false;
    const { documents } = store;
    const late: Store = {
      ...store,
      documents: {
        read: async (kind, name) => {
          if (!isThere) throw new Error("connection refused");
          return documents.read(kind, name);
        },
        list: (kind) => documents.list(kind),
        write: (changes) => documents.write(changes),
      },
    };
    const { server, get } = member(late);
    const early = await get("/api/conversations/count");
    expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);
    isThere = true;
    await server.listen(0);
    expect((await get("/api/conversations/count")).status).toBe(200);
  });

  it("gives up when it is closed before", async () => {
    const store = openStore();
    const never: Store = {
      ...store,
      documents: {
        ...store.documents,
        read: () => Promise.reject(new Error("connection refused")),
      } as Store["documents"],
    };
    const { server } = member(never);
    const listening = server.listen(0);
    await Promise.all([expect(listening).rejects.toThrow(), server.close()]);
  });
});
