import assert from "node:assert/strict";
import type { Store } from "../../stores/store.ts";
import { A, B, creation, event, filtered, mixedLog, range, seqs, time } from "./sample-log.ts";

/** Checks of reading, searching and counting events. */
export const EVENT_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "reads a log in both directions, from any place": async (store) => {
    await store.commit({ ...creation(A), events: range(10).map((seq) => event(seq)) });
    assert.deepEqual(await seqs(store, A, { order: "asc", limit: 3 }), [0, 1, 2]);
    assert.deepEqual(await seqs(store, A, { order: "desc", limit: 3 }), [9, 8, 7]);
    assert.deepEqual(await seqs(store, A, { order: "asc", from: 8 }), [8, 9]);
    assert.deepEqual(await seqs(store, A, { order: "desc", from: 1 }), [1, 0]);
    assert.deepEqual(await seqs(store, A, { order: "asc", from: 10 }), []);
    assert.deepEqual(await seqs(store, A, { order: "desc", from: 99, limit: 1 }), [9]);
    assert.deepEqual(await seqs(store, B), []);
  },

  "ends a page with the event with which its texts are longer than the bound": async (store) => {
    await store.commit({ ...creation(A), events: range(10).map((seq) => event(seq)) });
    const maxLength = 2 * event(0).json.length;
    assert.deepEqual(await seqs(store, A, { order: "asc", maxLength }), [0, 1, 2]);
    assert.deepEqual(await seqs(store, A, { order: "desc", from: 8, maxLength }), [8, 7, 6]);
    assert.deepEqual(await seqs(store, A, { order: "asc", limit: 2, maxLength }), [0, 1]);
    assert.deepEqual(await seqs(store, A, { order: "asc", from: 4, maxLength: 1 }), [4]);
    // A read that ended early leaves nothing open.
    await store.commit({ conversationId: A, events: [event(10)] });
    assert.deepEqual(await seqs(store, A, { order: "asc", from: 9 }), [9, 10]);
  },

  "returns an event exactly as it was stored": async (store) => {
    const json = JSON.stringify({ text: "snow ☃, a 🙂, a \u0000 and 'quotes\"", other: "x" });
    const stored = event(0, { kind: "MessageEvent", source: "user", body: "snow ☃ 🙂", json });
    await store.commit({ ...creation(A, { title: "名前 🙂" }), documents: { ключ: json }, events: [stored] });
    assert.deepEqual(await store.events.search(A, { order: "asc", limit: 1 }), [stored]);
    assert.deepEqual(await store.events.find(A, [stored.id]), [stored]);
    const [record] = await store.conversations.find([A], ["ключ"]);
    assert.deepEqual([record?.title, record?.documents.ключ], ["名前 🙂", json]);
  },

  "keeps values of several megabytes": async (store) => {
    const json = JSON.stringify("long ☃ ".repeat(500_000));
    await store.commit({ ...creation(A), documents: { state: json }, events: [event(0, { json })] });
    const [record] = await store.conversations.find([A], ["state"]);
    const [sample] = await store.events.search(A, { order: "asc", limit: 1 });
    assert.ok(record?.documents.state === json && sample?.json === json);
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
};
