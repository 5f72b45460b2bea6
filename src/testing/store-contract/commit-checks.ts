import assert from "node:assert/strict";
import type { Store, StoredEvent } from "../../stores/store.ts";
import { A, B, creation, event, range, refused, seqs, time } from "./sample-log.ts";

/** Checks of commits, removal and closing. */
export const COMMIT_CHECKS: Record<string, (store: Store) => Promise<void>> = {
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
      createdBy: null,
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

  "refuses a change to a conversation that does not exist": async (store) => {
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

  "refuses an event id that the conversation already has, and the whole change with it": async (store) => {
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
    const [sample] = await store.events.find(B, [event(0).id]);
    assert.equal(sample?.json, '"b"');
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

  "refuses a commit without refusing others": async (store) => {
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
      (await store.events.search(A, { order: "asc", limit: 9 })).map(({ kind }) => kind),
      ["New"],
    );
  },

  "finishes pending commits when it closes, and rejects later calls": async (store) => {
    await store.commit(creation(A));
    const pending = store.commit({ conversationId: A, events: [event(0)] });
    await store.close();
    await pending;
    const calls = [
      () => store.commit(creation(B)),
      () => store.remove(A),
      () => store.conversations.find([A], []),
      () => store.conversations.search({ sortOrder: "CREATED_AT", limit: 1, documents: [] }),
      () => store.conversations.count(),
      () => store.events.find(A, []),
      () => store.events.search(A, { order: "asc", limit: 1 }),
      () => store.events.count(A, {}),
      () => store.documents.read("kind", "name"),
      () => store.documents.list("kind"),
      () => store.documents.write([]),
      () => store.close(),
    ];
    for (const call of calls) await assert.rejects(call());
  },
};
