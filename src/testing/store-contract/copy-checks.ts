import assert from "node:assert/strict";
import type { Change, LogSpan, Store, StoredEvent } from "../../stores/store.ts";
import { A, B, creation, event, id, mixedLog, range, refused, seqs, time } from "./sample-log.ts";

/** Checks of conversations that begin with the events of others. */
export const COPY_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "copies parts of a log, in order, to places without gaps": async (store) => {
    await store.commit({ ...creation(A), events: range(10).map((seq) => event(seq)) });
    const documents = { state: "copied" };
    await store.commit({
      ...copyOf([
        { first: 0, last: 2 },
        { first: 5, last: 5 },
        { first: 8, last: 9 },
      ]),
      documents,
    });
    const [record] = await store.conversations.find([B], ["state"]);
    assert.deepEqual([record?.eventCount, record?.documents], [6, documents]);
    const copies = await logOf(store, B);
    assert.deepEqual(
      copies,
      [0, 1, 2, 5, 8, 9].map((seq, place) => ({ ...event(seq), seq: place })),
    );
    const byId = await store.events.find(B, [event(5).id, event(4).id]);
    assert.deepEqual(byId, [{ ...event(5), seq: 3 }]);
  },

  "goes on with a copy and with its source apart from each other": async (store) => {
    await store.commit({ ...creation(A), events: range(3).map((seq) => event(seq)) });
    await store.commit(copyOf([{ first: 0, last: 2 }]));
    await refused(store.commit({ conversationId: B, events: [event(3, { id: event(1).id })] }), "conflict");
    await store.commit({ conversationId: B, events: [event(3, { json: '"of the copy"' })] });
    await store.commit({ conversationId: A, events: [event(3, { json: '"of the source"' })] });
    await store.remove(A);
    assert.deepEqual(
      (await logOf(store, B)).map(({ json }) => json),
      [...range(3).map((seq) => event(seq).json), '"of the copy"'],
    );
  },

  "copies a log of many events, and searches it as any other": async (store) => {
    await mixedLog(store);
    for (const part of range(6)) {
      const events = range(300).map((offset) => event(20 + part * 300 + offset));
      await store.commit({ conversationId: A, events });
    }
    await store.commit(copyOf([{ first: 0, last: 1_818 }]));
    const [record] = await store.conversations.find([B], []);
    assert.equal(record?.eventCount, 1_819);
    assert.deepEqual(await seqs(store, B, { kind: "MessageEvent" }), [0, 5, 10, 15]);
    assert.deepEqual(await seqs(store, B, { body: "message 5" }), [5]);
    assert.deepEqual(await seqs(store, B, { order: "desc", limit: 2 }), [1_818, 1_817]);
    assert.equal(await store.events.count(B, { source: "user" }), 4);
    assert.deepEqual(await seqs(store, B, { timestampGte: time(1_817) }), [1_817, 1_818]);
  },

  "searches a copy by time, whatever the clock did in the parts that are left out": async (store) => {
    const seconds = [5, 9, 2, 3, 7, 1, 8, 4];
    await store.commit({
      ...creation(A),
      events: seconds.map((second, seq) => event(seq, { timestamp: time(second) })),
    });
    await store.commit(
      copyOf([
        { first: 0, last: 0 },
        { first: 2, last: 4 },
        { first: 6, last: 7 },
      ]),
    );
    const copied = [5, 2, 3, 7, 8, 4];
    for (const bound of range(11)) {
      const since = copied.flatMap((second, seq) => (second >= bound ? [seq] : []));
      const before = copied.flatMap((second, seq) => (second < bound ? [seq] : []));
      assert.deepEqual(await seqs(store, B, { timestampGte: time(bound) }), since);
      assert.deepEqual(await seqs(store, B, { timestampLt: time(bound) }), before);
    }
  },

  "copies an empty log": async (store) => {
    await store.commit(creation(A));
    await store.commit(copyOf([]));
    const [record] = await store.conversations.find([B], []);
    assert.equal(record?.eventCount, 0);
    await store.commit({ conversationId: B, events: [event(0)] });
    assert.deepEqual(await seqs(store, B), [0]);
  },

  "refuses a copy of an unknown conversation, and one under an id that exists, whole": async (store) => {
    await refused(store.commit(copyOf([{ first: 0, last: 0 }])), "not_found");
    assert.deepEqual(await store.conversations.find([B], []), []);
    await store.commit({ ...creation(A), events: [event(0)] });
    await store.commit({ ...creation(B), documents: { state: "first" } });
    const late = { ...copyOf([{ first: 0, last: 0 }]), documents: { state: "second" } };
    await refused(store.commit(late), "conflict");
    const [record] = await store.conversations.find([B], ["state"]);
    assert.deepEqual([record?.documents.state, record?.eventCount], ["first", 0]);
    await store.commit({ conversationId: B, events: [event(0)] });
  },

  "refuses copies that are not all that a new log begins with": async (store) => {
    await store.commit({ ...creation(A), events: [event(0)] });
    const { copied } = copyOf([{ first: 0, last: 0 }]);
    await refused(store.commit({ conversationId: A, ...(copied && { copied }) }), "conflict");
    await refused(store.commit({ ...copyOf([{ first: 0, last: 0 }]), events: [event(1)] }), "conflict");
    assert.deepEqual(await store.conversations.find([B], []), []);
    assert.deepEqual(await seqs(store, A), [0]);
  },

  "makes one of two copies under one id": async (store) => {
    await store.commit({ ...creation(A), events: range(1_200).map((seq) => event(seq)) });
    const copies = [0, 1].map((index) =>
      store.commit({ ...copyOf([{ first: 0, last: 1_199 }]), documents: { state: String(index) } }),
    );
    const outcomes = await Promise.allSettled(copies);
    const made = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [String(index)] : []));
    const [record] = await store.conversations.find([B], ["state"]);
    assert.deepEqual([record?.documents.state], made);
    assert.deepEqual(await seqs(store, B, { limit: 2_000 }), range(1_200));
  },

  "makes whole copies or none while their source is removed": async (store) => {
    await store.commit({ ...creation(A), events: range(1_200).map((seq) => event(seq)) });
    const copies = range(3).map((index) =>
      store.commit({ ...copyOf([{ first: 0, last: 1_199 }]), conversationId: id(index) }),
    );
    await store.remove(A);
    const outcomes = await Promise.allSettled(copies);
    for (const [index, { status }] of outcomes.entries()) {
      const [record] = await store.conversations.find([id(index)], []);
      assert.equal(record?.eventCount, status === "fulfilled" ? 1_200 : undefined);
      assert.equal(await store.events.count(id(index), {}), record?.eventCount ?? 0);
    }
  },
};

function copyOf(spans: readonly LogSpan[]): Change {
  return { ...creation(B), copied: { conversationId: A, spans } };
}

function logOf(store: Store, conversationId: string): Promise<StoredEvent[]> {
  return store.events.search(conversationId, { order: "asc", limit: 1_000 });
}
