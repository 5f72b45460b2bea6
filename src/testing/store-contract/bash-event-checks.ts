import assert from "node:assert/strict";
import type { BashEventQuery, BashScope, NewBashEvent, StoredBashEvent } from "../../stores/bash-events.ts";
import type { Store } from "../../stores/store.ts";
import { A, B, creation, range, refused, time } from "./sample-log.ts";

/** Checks of the events of bash commands. */
export const BASH_EVENT_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "returns a bash event exactly as it was stored, with its place": async (store) => {
    const json = JSON.stringify({ stdout: "snow ☃, a 🙂, a \u0000 and 'quotes\"" });
    const added = output(1, "c1", { json, isFinal: true, order: 7 });
    const seq = await store.bashEvents.append(null, added);
    assert.deepEqual(await store.bashEvents.find(null, [added.id, "unknown"]), [{ ...added, seq }]);
    assert.deepEqual(await store.bashEvents.search(null, ALL), [{ ...added, seq }]);
    assert.equal(await store.bashEvents.lastSeq(), seq);
  },

  "numbers bash events in the order of the calls, of all scopes together": async (store) => {
    await store.commit(creation(A));
    assert.equal(await store.bashEvents.lastSeq(), -1);
    const seqs = await Promise.all(
      range(10).map((index) => store.bashEvents.append(index % 2 === 0 ? null : A, command(index))),
    );
    assert.deepEqual(
      seqs.toSorted((left, right) => left - right),
      seqs,
    );
    assert.equal(new Set(seqs).size, 10);
    assert.equal(await store.bashEvents.lastSeq(), seqs.at(-1));
  },

  "keeps the bash events of each conversation and of the server apart": async (store) => {
    await Promise.all([store.commit(creation(A)), store.commit(creation(B))]);
    for (const scope of [null, A, B])
      await store.bashEvents.append(scope, command(1, { json: `"${scope}"` }));
    for (const scope of [null, A, B]) {
      const [found] = await store.bashEvents.search(scope, ALL);
      assert.equal(found?.json, `"${scope}"`);
    }
  },

  "refuses bash events of a conversation that does not exist, and an id that is taken": async (store) => {
    await refused(store.bashEvents.append(A, command(1)), "not_found");
    await store.bashEvents.append(null, command(1));
    await refused(store.bashEvents.append(null, output(1, "c1", { id: command(1).id })), "conflict");
    assert.deepEqual(await ids(store), ["c1"]);
    assert.deepEqual(await store.bashEvents.search(A, ALL), []);
    assert.equal(await store.bashEvents.clear(A), 0);
  },

  "orders bash events by time, and by place among those of one time": async (store) => {
    for (const [index, second] of [5, 6, 2, 2, 7, 5].entries()) {
      await store.bashEvents.append(null, command(index, { timestamp: time(second) }));
    }
    const order = ["c2", "c3", "c0", "c5", "c1", "c4"];
    assert.deepEqual(await ids(store), order);
    assert.deepEqual(await ids(store, { ...ALL, direction: "desc" }), order.toReversed());
  },

  "pages through bash events without missing or repeating one": async (store) => {
    // Three share each time, so that pages end between equals.
    for (const index of range(20)) {
      const timestamp = time(Math.floor(index / 3));
      const kinds = [command(index, { timestamp }), output(index, "c0", { timestamp })];
      await store.bashEvents.append(null, kinds[index % 2] as NewBashEvent);
    }
    for (const direction of ["asc", "desc"] as const) {
      for (const kind of [undefined, "BashOutput"]) {
        const seen: string[] = [];
        let from: StoredBashEvent | undefined;
        do {
          const page = await store.bashEvents.search(null, { direction, kind, from, limit: 4 });
          seen.push(...page.slice(0, 3).map(({ id }) => id));
          from = page[3];
        } while (from !== undefined);
        const all = await ids(store, { ...ALL, kind });
        assert.deepEqual(direction === "asc" ? seen : seen.toReversed(), all);
        assert.equal(all.length, kind === undefined ? 20 : 10);
      }
    }
  },

  "ends a page with the bash event with which its texts are longer than the bound": async (store) => {
    for (const index of range(5)) await store.bashEvents.append(null, command(index, { json: '"123"' }));
    assert.deepEqual(await ids(store, { ...ALL, maxLength: 10 }), ["c0", "c1", "c2"]);
    assert.deepEqual(await ids(store, { ...ALL, maxLength: 1, direction: "desc" }), ["c4"]);
    assert.deepEqual(await ids(store, { ...ALL, maxLength: 10, limit: 2 }), ["c0", "c1"]);
    // A read that ended early leaves nothing open.
    await store.bashEvents.append(null, command(5));
  },

  "searches bash events by kind, command, time, order and place": async (store) => {
    const events = [
      command(0),
      ...range(3).map((order) => output(order + 1, "c0", { order })),
      command(4),
      output(5, "c4", { order: 0 }),
    ];
    const seqs: number[] = [];
    for (const event of events) seqs.push(await store.bashEvents.append(null, event));
    const search = (filter: Partial<BashEventQuery>) => ids(store, { ...ALL, ...filter });
    assert.deepEqual(await search({ kind: "BashCommand" }), ["c0", "c4"]);
    assert.deepEqual(await search({ kind: "Nothing" }), []);
    assert.deepEqual(await search({ commandId: "c0" }), ["o1", "o2", "o3"]);
    assert.deepEqual(await search({ commandId: "c0", kind: "BashOutput", orderGt: 0 }), ["o2", "o3"]);
    assert.deepEqual(await search({ commandId: "c0", kind: "BashCommand" }), []);
    assert.deepEqual(await search({ commandId: "unknown" }), []);
    assert.deepEqual(await search({ orderGt: 1 }), ["c0", "o3", "c4"]);
    assert.deepEqual(await search({ timestampGte: time(2), timestampLt: time(5) }), ["o2", "o3", "c4"]);
    assert.deepEqual(await search({ timestampGte: time(4), direction: "desc" }), ["o5", "c4"]);
    assert.deepEqual(await search({ untilSeq: seqs[1] }), ["c0", "o1"]);
    assert.deepEqual(await search({ afterSeq: seqs[3] }), ["c4", "o5"]);
  },

  "names the commands that have no final output, until they have one": async (store) => {
    await store.commit(creation(A));
    await store.bashEvents.append(null, command(1));
    await store.bashEvents.append(A, command(2));
    await store.bashEvents.append(null, output(3, "c1"));
    assert.deepEqual(await unfinished(store), [
      [null, "c1"],
      [A, "c2"],
    ]);
    await store.bashEvents.append(null, output(4, "c1", { order: 1, isFinal: true }));
    assert.deepEqual(await unfinished(store), [[A, "c2"]]);
    const [found] = await store.bashEvents.find(null, ["c1"]);
    assert.equal(found?.isFinal, false);
    await store.remove(A);
    assert.deepEqual(await unfinished(store), []);
  },

  "clears the bash events of one scope, which then takes new ones": async (store) => {
    await store.commit(creation(A));
    for (const index of range(5)) await store.bashEvents.append(null, command(index));
    await store.bashEvents.append(A, command(1));
    assert.equal(await store.bashEvents.clear(null), 5);
    assert.equal(await store.bashEvents.clear(null), 0);
    assert.deepEqual([await ids(store), await store.bashEvents.find(null, ["c1"])], [[], []]);
    assert.deepEqual(await unfinished(store), [[A, "c1"]]);
    await store.bashEvents.append(null, command(1));
    assert.deepEqual(await ids(store), ["c1"]);
    assert.equal(await store.bashEvents.clear(A), 1);
  },

  "removes the bash events of a conversation with it, also for one that comes again under its id": async (
    store,
  ) => {
    await store.commit(creation(A));
    await store.bashEvents.append(A, command(1));
    await store.bashEvents.append(null, command(2));
    await store.remove(A);
    assert.deepEqual(await store.bashEvents.search(A, ALL), []);
    await refused(store.bashEvents.append(A, command(3)), "not_found");
    await store.commit(creation(A));
    assert.deepEqual(await store.bashEvents.search(A, ALL), []);
    assert.deepEqual(await ids(store), ["c2"]);
  },

  "removes bash events older than a time, of every scope": async (store) => {
    await store.commit(creation(A));
    for (const index of range(6)) {
      await store.bashEvents.append(index % 2 === 0 ? null : A, command(index));
    }
    let removed = 0;
    for (let step = -1; step !== 0; removed += step) step = await store.bashEvents.prune(time(3));
    assert.equal(removed, 3);
    assert.deepEqual(await ids(store), ["c4"]);
    assert.equal((await store.bashEvents.search(A, ALL)).length, 2);
  },
};

/** Everything a scope has, oldest first. */
const ALL = { direction: "asc", limit: 1_000 } as const;

export function command(index: number, fields: Partial<NewBashEvent> = {}): NewBashEvent {
  const links = { commandId: null, order: null, isFinal: false };
  return {
    id: `c${index}`,
    kind: "BashCommand",
    timestamp: time(index),
    ...links,
    json: `{"n":${index}}`,
    ...fields,
  };
}

function output(index: number, commandId: string, fields: Partial<NewBashEvent> = {}): NewBashEvent {
  return command(index, { id: `o${index}`, kind: "BashOutput", commandId, order: 0, ...fields });
}

async function ids(store: Store, query: BashEventQuery = ALL): Promise<string[]> {
  return (await store.bashEvents.search(null, query)).map(({ id }) => id);
}

async function unfinished(store: Store): Promise<[BashScope, string][]> {
  return (await store.bashEvents.unfinished()).map(({ scope, event }) => [scope, event.id]);
}
