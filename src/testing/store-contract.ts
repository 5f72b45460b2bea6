import assert from "node:assert/strict";
import type { Change, EventQuery, Store, StoredEvent } from "../stores/store.ts";
import type { ConversationSortOrder } from "../wire/conversation.ts";

/** One thing every store must do. `run` rejects with an assertion error when it does not. */
export interface ContractCheck {
  name: string;
  run(): Promise<void>;
}

export interface StoreContractOptions {
  /** Closes a store and opens its data again. Left out for stores that keep nothing. */
  reopen?(store: Store): Promise<Store> | Store;
}

type Create = () => Promise<Store> | Store;

/**
 * The checks of the `Store` port, for any test runner:
 * `for (const { name, run } of storeContract(create)) test(name, run)`.
 * `create` makes an empty store for each check, which closes it.
 */
export function storeContract(create: Create, options: StoreContractOptions = {}): ContractCheck[] {
  const checks = Object.entries(CHECKS).map(([name, check]) => ({
    name,
    run: async () => {
      const store = await create();
      try {
        await check(store);
      } finally {
        await store.close().catch(() => undefined);
      }
    },
  }));
  const { reopen } = options;
  return reopen === undefined ? checks : [...checks, durability(create, reopen)];
}

const A = "aaaaaaaa-0000-4000-8000-000000000001";
const B = "bbbbbbbb-0000-4000-8000-000000000002";

const CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "keeps what a change creates": async (store) => {
    await store.commit({
      ...creation(A, { title: "First", parentId: null }),
      documents: { state: '{"a":1}', config: "{}" },
      events: [event(0), event(1)],
    });
    const [record] = await store.conversations.find([A], ["state", "missing"]);
    assert.deepEqual(record, {
      id: A,
      createdAt: time(0),
      updatedAt: time(0),
      status: "idle",
      title: "First",
      parentId: null,
      leafEventId: null,
      childIds: [],
      documents: { state: '{"a":1}' },
      eventCount: 2,
    });
    assert.deepEqual(await seqs(store, A), [0, 1]);
  },

  "updates only what a change names": async (store) => {
    await store.commit({ ...creation(A, { title: "Old" }), documents: { state: "1", config: "2" } });
    await store.commit({
      conversationId: A,
      update: { status: "running", leafEventId: "leaf" },
      documents: { state: "3" },
    });
    await store.commit({
      conversationId: A,
      update: { updatedAt: time(9), leafEventId: null, title: undefined },
    });
    const [record] = await store.conversations.find([A], ["state", "config"]);
    assert.equal(record?.title, "Old");
    assert.equal(record?.status, "running");
    assert.equal(record?.updatedAt, time(9));
    assert.equal(record?.createdAt, time(0));
    assert.equal(record?.leafEventId, null);
    assert.deepEqual(record?.documents, { state: "3", config: "2" });
  },

  "refuses to create a conversation twice": async (store) => {
    await store.commit({ ...creation(A), documents: { state: "first" } });
    await refused(
      store.commit({ ...creation(A), documents: { state: "second" }, events: [event(0)] }),
      "conflict",
    );
    const [record] = await store.conversations.find([A], ["state"]);
    assert.deepEqual([record?.documents.state, record?.eventCount], ["first", 0]);
  },

  "refuses a change to a conversation it does not know": async (store) => {
    await refused(store.commit({ conversationId: A, events: [event(0)] }), "not_found");
    assert.equal(await store.conversations.count(), 0);
  },

  "refuses events that do not continue the log, and the whole change with them": async (store) => {
    await store.commit({ ...creation(A), events: [event(0)] });
    const broken: StoredEvent[][] = [[event(2)], [event(0)], [event(1), event(3)], [event(2), event(1)]];
    for (const events of broken) {
      const change = {
        conversationId: A,
        update: { title: "Changed" },
        documents: { state: "changed" },
        events,
      };
      await refused(store.commit(change), "conflict");
    }
    const [record] = await store.conversations.find([A], ["state"]);
    assert.deepEqual([record?.title, record?.documents, record?.eventCount], [null, {}, 1]);
    await store.commit({ conversationId: A, events: [event(1)] });
    assert.deepEqual(await seqs(store, A), [0, 1]);
  },

  "refuses an event id that the conversation has, and the whole change with it": async (store) => {
    await store.commit({ ...creation(A), events: [event(0)] });
    const twice = [event(1), event(2, { id: event(0).id })];
    await refused(store.commit({ conversationId: A, update: { title: "No" }, events: twice }), "conflict");
    const within = [event(1), event(2, { id: event(1).id })];
    await refused(store.commit({ conversationId: A, events: within }), "conflict");
    const [record] = await store.conversations.find([A], []);
    assert.deepEqual([record?.title, record?.eventCount], [null, 1]);
    assert.deepEqual(await seqs(store, A), [0]);
  },

  "takes the same event id in two conversations": async (store) => {
    await store.commit({ ...creation(A), events: [event(0, { json: '"a"' })] });
    await store.commit({ ...creation(B), events: [event(0, { json: '"b"' })] });
    const [found] = await store.events.find(B, [event(0).id]);
    assert.equal(found?.json, '"b"');
  },

  "resolves concurrent commits in the order they were called in": async (store) => {
    await store.commit(creation(A));
    const resolved: number[] = [];
    const commits = range(100).map((seq) =>
      store.commit({ conversationId: A, events: [event(seq)] }).then(() => resolved.push(seq)),
    );
    await Promise.all(commits);
    assert.deepEqual(resolved, range(100));
    assert.deepEqual(await seqs(store, A), range(100));
  },

  "lets a refused commit take no other down": async (store) => {
    await Promise.all([store.commit(creation(A)), store.commit(creation(B))]);
    const outcomes = await Promise.allSettled([
      store.commit({ conversationId: A, events: [event(0)] }),
      store.commit({ conversationId: A, events: [event(7)] }),
      store.commit({ conversationId: A, events: [event(1, { id: event(0).id })] }),
      store.commit({ conversationId: B, events: [event(0)] }),
      store.commit({ conversationId: A, events: [event(1)] }),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ["fulfilled", "rejected", "rejected", "fulfilled", "fulfilled"],
    );
    assert.deepEqual([await seqs(store, A), await seqs(store, B)], [[0, 1], [0]]);
  },

  "shows a commit to reads once it has resolved": async (store) => {
    await store.commit(creation(A));
    for (const seq of range(5)) {
      await store.commit({ conversationId: A, events: [event(seq)], documents: { state: String(seq) } });
      const [record] = await store.conversations.find([A], ["state"]);
      assert.deepEqual([record?.eventCount, record?.documents.state], [seq + 1, String(seq)]);
      assert.equal((await seqs(store, A)).length, seq + 1);
    }
  },

  "finds the records and events that exist": async (store) => {
    await store.commit({ ...creation(A), events: [event(0), event(1)] });
    const records = await store.conversations.find([B, A], []);
    assert.deepEqual(
      records.map((record) => record.id),
      [A],
    );
    const events = await store.events.find(A, [event(1).id, "unknown", event(0).id]);
    assert.deepEqual(new Set(events.map((found) => found.seq)), new Set([0, 1]));
    assert.deepEqual(await store.events.find(B, [event(0).id]), []);
    assert.deepEqual(await store.conversations.find([], []), []);
  },

  "names the children of a conversation, oldest first": async (store) => {
    await store.commit(creation(A));
    const ids = [id(3), id(1), id(2)];
    for (const [index, child] of ids.entries()) {
      await store.commit(creation(child, { parentId: A, createdAt: time(index) }));
    }
    const [record] = await store.conversations.find([A], []);
    assert.deepEqual(record?.childIds, ids);
  },

  "lists conversations in four orders": async (store) => {
    const created = [2, 0, 3, 1];
    for (const [index, second] of created.entries()) {
      await store.commit(creation(id(index), { createdAt: time(second), updatedAt: time(9 - second) }));
    }
    assert.deepEqual(await list(store, "CREATED_AT"), [id(1), id(3), id(0), id(2)]);
    assert.deepEqual(await list(store, "CREATED_AT_DESC"), [id(2), id(0), id(3), id(1)]);
    assert.deepEqual(await list(store, "UPDATED_AT"), [id(2), id(0), id(3), id(1)]);
    assert.deepEqual(await list(store, "UPDATED_AT_DESC"), [id(1), id(3), id(0), id(2)]);
    await store.commit({ conversationId: id(2), update: { updatedAt: time(99) } });
    assert.deepEqual(await list(store, "UPDATED_AT_DESC"), [id(2), id(1), id(3), id(0)]);
  },

  "pages through conversations without missing or repeating one": async (store) => {
    // Three share each time, so that pages end between equals.
    for (const index of range(20)) {
      const status = index % 2 === 0 ? "idle" : "finished";
      await store.commit(creation(id(index), { createdAt: time(Math.floor(index / 3)), status }));
    }
    for (const sortOrder of ["CREATED_AT", "CREATED_AT_DESC"] as const) {
      for (const status of [undefined, "finished"] as const) {
        const seen: string[] = [];
        let from: string | undefined;
        do {
          const page = await store.conversations.search({ sortOrder, status, from, limit: 4, documents: [] });
          seen.push(...page.slice(0, 3).map((record) => record.id));
          from = page[3]?.id;
        } while (from !== undefined);
        assert.equal(new Set(seen).size, seen.length);
        assert.equal(seen.length, status === undefined ? 20 : 10);
      }
    }
  },

  "starts from the beginning when the first conversation of a page is unknown": async (store) => {
    await store.commit(creation(id(0), { createdAt: time(0) }));
    await store.commit(creation(id(1), { createdAt: time(1) }));
    const page = await store.conversations.search({
      sortOrder: "CREATED_AT",
      from: B,
      limit: 5,
      documents: [],
    });
    assert.deepEqual(
      page.map((record) => record.id),
      [id(0), id(1)],
    );
  },

  "filters and counts conversations by status": async (store) => {
    for (const index of range(6)) await store.commit(creation(id(index), { createdAt: time(index) }));
    await store.commit({ conversationId: id(1), update: { status: "running" } });
    await store.commit({ conversationId: id(4), update: { status: "running" } });
    const query = {
      status: "running",
      sortOrder: "CREATED_AT_DESC",
      limit: 10,
      documents: ["state"],
    } as const;
    assert.deepEqual(
      (await store.conversations.search(query)).map((record) => record.id),
      [id(4), id(1)],
    );
    const counts = [await store.conversations.count(), await store.conversations.count("running")];
    assert.deepEqual(counts, [6, 2]);
    assert.equal(await store.conversations.count("stuck"), 0);
  },

  "reads a log both ways, from any place": async (store) => {
    await store.commit({ ...creation(A), events: range(10).map((seq) => event(seq)) });
    assert.deepEqual(await seqs(store, A, { order: "asc", limit: 3 }), [0, 1, 2]);
    assert.deepEqual(await seqs(store, A, { order: "desc", limit: 3 }), [9, 8, 7]);
    assert.deepEqual(await seqs(store, A, { order: "asc", from: 8 }), [8, 9]);
    assert.deepEqual(await seqs(store, A, { order: "desc", from: 1 }), [1, 0]);
    assert.deepEqual(await seqs(store, A, { order: "asc", from: 10 }), []);
    assert.deepEqual(await seqs(store, A, { order: "desc", from: 99, limit: 1 }), [9]);
    assert.deepEqual(await seqs(store, B), []);
  },

  "gives an event back as it was": async (store) => {
    const json = JSON.stringify({ text: "snow ☃, a 🙂, a \u0000 and 'quotes\"", other: "x" });
    const given = event(0, { kind: "MessageEvent", source: "user", body: "snow ☃ 🙂", json });
    await store.commit({ ...creation(A, { title: "名前 🙂" }), documents: { ключ: json }, events: [given] });
    assert.deepEqual(await store.events.search(A, { order: "asc", limit: 1 }), [given]);
    assert.deepEqual(await store.events.find(A, [given.id]), [given]);
    const [record] = await store.conversations.find([A], ["ключ"]);
    assert.deepEqual([record?.title, record?.documents.ключ], ["名前 🙂", json]);
  },

  "keeps values of several megabytes": async (store) => {
    const json = JSON.stringify("long ☃ ".repeat(500_000));
    await store.commit({ ...creation(A), documents: { state: json }, events: [event(0, { json })] });
    const [record] = await store.conversations.find([A], ["state"]);
    const [found] = await store.events.search(A, { order: "asc", limit: 1 });
    assert.ok(record?.documents.state === json && found?.json === json);
  },

  "searches and counts events by kind and source": async (store) => {
    await mixedLog(store);
    assert.deepEqual(await filtered(store, { kind: "MessageEvent" }), [0, 5, 10, 15]);
    assert.deepEqual(await filtered(store, { source: "user" }), [0, 5, 10, 15]);
    assert.deepEqual(await filtered(store, { kind: "ActionEvent", source: "user" }), []);
    assert.deepEqual(await filtered(store, { kind: "NoSuchEvent" }), []);
    assert.deepEqual(await seqs(store, A, { order: "asc", kind: "MessageEvent", from: 6 }), [10, 15]);
    assert.deepEqual(await seqs(store, A, { order: "desc", kind: "MessageEvent", from: 14 }), [10, 5, 0]);
  },

  "searches and counts messages by a part of their text, in any case": async (store) => {
    await mixedLog(store);
    assert.deepEqual(await filtered(store, { body: "Message 5" }), [5]);
    assert.deepEqual(await filtered(store, { body: "100% _SURE_" }), [0, 5, 10, 15]);
    assert.deepEqual(await filtered(store, { body: "%" }), [0, 5, 10, 15]);
    assert.deepEqual(await filtered(store, { body: "" }), [0, 5, 10, 15]);
    assert.deepEqual(await filtered(store, { body: "nowhere" }), []);
    assert.deepEqual(await filtered(store, { body: "message", source: "agent" }), []);
  },

  "searches and counts events by time": async (store) => {
    await mixedLog(store);
    assert.deepEqual(await filtered(store, { timestampGte: time(17) }), [17, 18, 19]);
    assert.deepEqual(await filtered(store, { timestampLt: time(2) }), [0, 1]);
    assert.deepEqual(await filtered(store, { timestampGte: time(3), timestampLt: time(6) }), [3, 4, 5]);
    assert.deepEqual(await filtered(store, { timestampGte: time(4), kind: "MessageEvent" }), [5, 10, 15]);
    assert.deepEqual(await filtered(store, { timestampGte: time(50) }), []);
    assert.deepEqual(await filtered(store, { timestampLt: time(0) }), []);
  },

  "searches by time in a log whose clock went back": async (store) => {
    const seconds = [5, 6, 2, 3, 7, 1, 8, 4];
    const events = seconds.map((second, seq) => event(seq, { timestamp: time(second) }));
    await store.commit({ ...creation(A), events: events.slice(0, 3) });
    await store.commit({ conversationId: A, events: events.slice(3) });
    for (const bound of range(10)) {
      const since = seconds.flatMap((second, seq) => (second >= bound ? [seq] : []));
      const before = seconds.flatMap((second, seq) => (second < bound ? [seq] : []));
      assert.deepEqual(await filtered(store, { timestampGte: time(bound) }), since);
      assert.deepEqual(await filtered(store, { timestampLt: time(bound) }), before);
    }
  },

  "forgets a removed conversation and nothing else": async (store) => {
    await store.commit({ ...creation(A), documents: { state: "a" }, events: [event(0)] });
    await store.commit({ ...creation(B), documents: { state: "b" }, events: [event(0)] });
    await store.remove(A);
    await store.remove(A);
    assert.deepEqual(await store.conversations.find([A], ["state"]), []);
    assert.deepEqual(await seqs(store, A), []);
    assert.equal(await store.events.count(A, {}), 0);
    assert.deepEqual(await seqs(store, B), [0]);
    await refused(store.commit({ conversationId: A, events: [event(1)] }), "not_found");
    await store.commit(creation(A));
    const [again] = await store.conversations.find([A], ["state"]);
    assert.deepEqual([again?.documents, again?.eventCount], [{}, 0]);
  },

  "keeps removal and commits in the order they were called in": async (store) => {
    await store.commit({ ...creation(A), events: [event(0)] });
    await Promise.all([
      store.remove(A),
      store.commit({ ...creation(A), events: [event(0, { kind: "New" })] }),
    ]);
    assert.deepEqual(
      (await store.events.search(A, { order: "asc", limit: 9 })).map((found) => found.kind),
      ["New"],
    );
  },

  "finishes what is under way when it closes, and rejects everything after": async (store) => {
    await store.commit(creation(A));
    const underWay = store.commit({ conversationId: A, events: [event(0)] });
    await store.close();
    await underWay;
    const calls = [
      () => store.commit(creation(B)),
      () => store.remove(A),
      () => store.conversations.find([A], []),
      () => store.conversations.search({ sortOrder: "CREATED_AT", limit: 1, documents: [] }),
      () => store.conversations.count(),
      () => store.events.find(A, []),
      () => store.events.search(A, { order: "asc", limit: 1 }),
      () => store.events.count(A, {}),
      () => store.close(),
    ];
    for (const call of calls) await assert.rejects(call());
  },
};

function durability(create: Create, reopen: (store: Store) => Promise<Store> | Store): ContractCheck {
  return {
    name: "has everything again after it was closed and opened",
    run: async () => {
      const store = await create();
      await mixedLog(store, { state: '{"kept":true}' });
      await store.commit({ conversationId: A, update: { title: "Kept", leafEventId: "leaf" } });
      const before = await everything(store);
      const again = await reopen(store);
      assert.deepEqual(await everything(again), before);
      await again.commit({ conversationId: A, events: [event(20)] });
      assert.deepEqual(await filtered(again, { timestampGte: time(19) }), [19, 20]);
      await again.close();
    },
  };
}

async function everything(store: Store): Promise<unknown> {
  return {
    conversations: await store.conversations.find([A], ["state"]),
    events: await store.events.search(A, { order: "asc", limit: 1_000 }),
  };
}

function creation(
  conversationId: string,
  header: Partial<NonNullable<Change["create"]>> = {},
): Pick<Change, "conversationId" | "create"> {
  const create = {
    createdAt: time(0),
    updatedAt: time(0),
    status: "idle",
    title: null,
    parentId: null,
  } as const;
  return { conversationId, create: { ...create, leafEventId: null, ...header } };
}

function event(seq: number, fields: Partial<StoredEvent> = {}): StoredEvent {
  const defaults = { kind: "ActionEvent", source: "agent", timestamp: time(seq), body: null };
  return { seq, id: `event-${seq}`, ...defaults, json: `{"seq":${seq}}`, ...fields };
}

/** Twenty events; every fifth is a message of the user. */
async function mixedLog(store: Store, documents: Record<string, string> = {}): Promise<void> {
  const events = range(20).map((seq) => {
    const message = { kind: "MessageEvent", source: "user", body: `message ${seq}: 100% _sure_` };
    return event(seq, seq % 5 === 0 ? message : {});
  });
  await store.commit({ ...creation(A), documents, events });
}

/** What a filter finds in `A`; searching down and counting must agree with searching up. */
async function filtered(store: Store, filter: Omit<EventQuery, "order" | "limit">): Promise<number[]> {
  const up = await seqs(store, A, { ...filter, order: "asc" });
  assert.deepEqual(await seqs(store, A, { ...filter, order: "desc" }), up.toReversed());
  assert.equal(await store.events.count(A, filter), up.length);
  return up;
}

async function seqs(
  store: Store,
  conversationId: string,
  query: Partial<EventQuery> = {},
): Promise<number[]> {
  const events = await store.events.search(conversationId, { order: "asc", limit: 1_000, ...query });
  return events.map((found) => found.seq);
}

async function list(store: Store, sortOrder: ConversationSortOrder): Promise<string[]> {
  const records = await store.conversations.search({ sortOrder, limit: 100, documents: [] });
  return records.map((record) => record.id);
}

async function refused(commit: Promise<void>, code: string): Promise<void> {
  await assert.rejects(commit, { name: "AgentServerError", code });
}

function time(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace("000Z", "000000");
}

function id(index: number): string {
  return `cccccccc-0000-4000-8000-${String(index).padStart(12, "0")}`;
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
