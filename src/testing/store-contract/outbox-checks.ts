import assert from "node:assert/strict";
import type { NewMessage } from "../../stores/outbox.ts";
import type { Store } from "../../stores/store.ts";
import { A, creation, event, range, refused, seqs } from "./sample-log.ts";

/** Checks of messages for receivers elsewhere. */
export const OUTBOX_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "returns a message exactly as it was written, with its place": async ({ outbox }) => {
    const json = JSON.stringify({ text: "snow ☃, a 🙂, a \u0000 and 'quotes\"" });
    await outbox.append([message("q", json)]);
    const [found, ...others] = await outbox.read("q", { limit: 10 });
    assert.deepEqual(others, []);
    assert.deepEqual({ ...found, seq: 0 }, { queue: "q", json, at: 1_000, seq: 0 });
    assert.ok(Number.isSafeInteger(found?.seq));
    assert.deepEqual(await outbox.read("other", { limit: 10 }), []);
  },

  "keeps the messages of a queue in the order in which they were stored": async (store) => {
    await store.commit(creation(A));
    await store.outbox.append([message("q", "0"), message("other", "x"), message("q", "1")]);
    await store.commit({ conversationId: A, messages: [message("q", "2")] });
    await Promise.all(range(5).map((index) => store.outbox.append([message("q", `${index + 3}`)])));
    assert.deepEqual(await texts(store), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert.deepEqual(await texts(store, "other"), ["x"]);
    const found = await store.outbox.read("q", { limit: 100 });
    assert.deepEqual(
      found.map(({ seq }) => seq),
      found.map(({ seq }) => seq).toSorted((left, right) => left - right),
    );
  },

  "stores messages with the change that they are about, or neither": async (store) => {
    const messages = [message("q", "created")];
    await store.commit({ ...creation(A), events: [event(0)], messages });
    assert.deepEqual(await texts(store), ["created"]);
    const gap = { conversationId: A, events: [event(5)], messages: [message("q", "gap")] };
    await refused(store.commit(gap), "conflict");
    const unnamed = { conversationId: A, events: [event(1)], messages: [message("", "unnamed")] };
    await refused(store.commit(unnamed), "bad_request");
    assert.deepEqual(await texts(store), ["created"]);
    assert.deepEqual(await seqs(store, A), [0]);
  },

  "keeps the messages about a conversation that is removed": async (store) => {
    await store.commit({ ...creation(A), messages: [message("q", "1")] });
    await store.remove(A);
    assert.deepEqual(await texts(store), ["1"]);
  },

  "pages through a queue by number and by length": async ({ outbox }) => {
    await outbox.append(range(5).map((index) => message("q", `"${index}"`.repeat(10))));
    const lengths = async (query: { limit: number; maxLength?: number }) =>
      (await outbox.read("q", query)).length;
    assert.equal(await lengths({ limit: 3 }), 3);
    assert.equal(await lengths({ limit: 100 }), 5);
    assert.equal(await lengths({ limit: 100, maxLength: 30 }), 2);
    assert.equal(await lengths({ limit: 100, maxLength: 1 }), 1);
    assert.equal(await lengths({ limit: 0 }), 0);
  },

  "removes the messages of a span, which never come again": async (store) => {
    const { outbox } = store;
    await outbox.append([message("q", "0"), message("other", "x"), message("q", "1"), message("q", "2")]);
    const [first, second] = await outbox.read("q", { limit: 2 });
    await outbox.remove("q", { first: first?.seq ?? 0, last: second?.seq ?? 0 });
    assert.deepEqual(await texts(store), ["2"]);
    assert.deepEqual(await texts(store, "other"), ["x"]);
    await outbox.remove("q", { first: 0, last: Number.MAX_SAFE_INTEGER });
    await outbox.remove("q", { first: 0, last: Number.MAX_SAFE_INTEGER });
    assert.deepEqual(await texts(store), []);
    await outbox.append([message("q", "3")]);
    const [later] = await outbox.read("q", { limit: 1 });
    assert.ok((later?.seq ?? 0) > (second?.seq ?? 0));
  },

  "counts what waits in a queue": async ({ outbox }) => {
    await outbox.append([message("a", '"ü"', 30), message("b", "1", 20), message("a", "2", 40)]);
    assert.deepEqual(await outbox.totals("a"), { queue: "a", count: 2, bytes: 5, oldestAt: 30 });
    assert.deepEqual(await outbox.totals("b"), { queue: "b", count: 1, bytes: 1, oldestAt: 20 });
    assert.equal(await outbox.totals("c"), undefined);
    await outbox.remove("b", { first: 0, last: Number.MAX_SAFE_INTEGER });
    assert.equal(await outbox.totals("b"), undefined);
  },

  "lists the names of the queues that have messages, a page after another": async ({ outbox }) => {
    assert.deepEqual(await outbox.queues({ limit: 10 }), []);
    const names = ["a", "b", "A \u{1f600}", "ü", "a:b", "n".repeat(512)];
    await outbox.append([...names, "a", "gone"].map((name) => message(name, "1")));
    await outbox.remove("gone", { first: 0, last: Number.MAX_SAFE_INTEGER });
    const whole = await outbox.queues({ limit: 10 });
    assert.deepEqual(whole.toSorted(), names.toSorted());
    assert.deepEqual(await outbox.queues({ limit: 4 }), whole.slice(0, 4));
    assert.deepEqual(await outbox.queues({ after: whole[3] ?? "", limit: 4 }), whole.slice(4));
    assert.deepEqual(await outbox.queues({ after: whole[5] ?? "", limit: 4 }), []);
  },

  "refuses a queue without a proper name, and stores none of its messages": async (store) => {
    for (const name of ["", "n".repeat(513), "a\0b", "half \ud83d"])
      await refused(store.outbox.append([message("q", "1"), message(name, "2")]), "bad_request");
    await store.outbox.append([message("n".repeat(512), "3")]);
    assert.deepEqual(await texts(store), []);
    await store.outbox.append([]);
  },
};

function message(queue: string, json: string, at = 1_000): NewMessage {
  return { queue, json, at };
}

async function texts({ outbox }: Store, queue = "q"): Promise<string[]> {
  return (await outbox.read(queue, { limit: 100 })).map(({ json }) => json);
}
