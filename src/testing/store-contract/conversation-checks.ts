import assert from "node:assert/strict";
import type { Store } from "../../stores/store.ts";
import type { ConversationSortOrder } from "../../wire/conversation.ts";
import { A, B, creation, event, id, range, time } from "./sample-log.ts";

/** Checks of finding, listing, paging and counting conversations. */
export const CONVERSATION_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "finds the records and events that exist": async (store) => {
    await store.commit({ ...creation(A), events: [event(0), event(1)] });
    const records = await store.conversations.find([B, A], []);
    assert.deepEqual(
      records.map((record) => record.id),
      [A],
    );
    const events = await store.events.find(A, [event(1).id, "unknown", event(0).id]);
    assert.deepEqual(new Set(events.map(({ seq }) => seq)), new Set([0, 1]));
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
    const counts = [
      await store.conversations.count(),
      await store.conversations.count({ status: "running" }),
    ];
    assert.deepEqual(counts, [6, 2]);
    assert.equal(await store.conversations.count({ status: "stuck" }), 0);
  },

  "filters and counts conversations by the one who made them": async (store) => {
    const makers = ["ada", null, "ada", "eve", "ada"];
    for (const [index, createdBy] of makers.entries()) {
      const status = index === 4 ? "running" : "idle";
      await store.commit(creation(id(index), { createdAt: time(index), createdBy, status }));
    }
    const ids = async (filter: { createdBy?: string; status?: "running"; from?: string }) => {
      const query = { sortOrder: "CREATED_AT", limit: 10, documents: [], ...filter } as const;
      return (await store.conversations.search(query)).map((record) => record.id);
    };
    assert.deepEqual(await ids({ createdBy: "ada" }), [id(0), id(2), id(4)]);
    assert.deepEqual(await ids({ createdBy: "ada", from: id(2) }), [id(2), id(4)]);
    assert.deepEqual(await ids({ createdBy: "ada", status: "running" }), [id(4)]);
    assert.deepEqual(await ids({ createdBy: "Ada" }), []);
    const { conversations } = store;
    assert.equal(await conversations.count({ createdBy: "ada" }), 3);
    assert.equal(await conversations.count({ createdBy: "eve", status: "running" }), 0);
    const [record] = await conversations.find([id(3)], []);
    assert.equal(record?.createdBy, "eve");
  },

  "lists and counts sub-agents only where those of a conversation are asked for": async (store) => {
    await store.commit(creation(A, { createdBy: "ada" }));
    await store.commit(creation(B));
    const owners = [A, B, A];
    for (const [index, agentOf] of owners.entries()) {
      const status = index === 2 ? "running" : "idle";
      await store.commit(creation(id(index), { createdAt: time(index), createdBy: "ada", status, agentOf }));
    }
    const { conversations } = store;
    const ids = async (filter: { agentOf?: string; status?: "running"; createdBy?: string }) => {
      const query = { sortOrder: "CREATED_AT", limit: 10, documents: [], ...filter } as const;
      const found = (await conversations.search(query)).map((record) => record.id);
      assert.equal(await conversations.count(filter), found.length);
      return found;
    };
    assert.deepEqual(await ids({}), [A, B]);
    assert.deepEqual(await ids({ createdBy: "ada" }), [A]);
    assert.deepEqual(await ids({ status: "running" }), []);
    assert.deepEqual(await ids({ agentOf: A }), [id(0), id(2)]);
    assert.deepEqual(await ids({ agentOf: A, status: "running" }), [id(2)]);
    const [parent] = await conversations.find([A], []);
    assert.deepEqual([parent?.childIds, parent?.agentOf], [[], undefined]);
    const [subAgent] = await conversations.find([id(1)], []);
    assert.equal(subAgent?.agentOf, B);
  },
};

async function list(store: Store, sortOrder: ConversationSortOrder): Promise<string[]> {
  const records = await store.conversations.search({ sortOrder, limit: 100, documents: [] });
  return records.map((record) => record.id);
}
