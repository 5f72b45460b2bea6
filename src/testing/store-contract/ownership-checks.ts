import assert from "node:assert/strict";
import type { Ownership } from "../../stores/ownership.ts";
import type { Store } from "../../stores/store.ts";
import { A, B, creation, event, refused, seqs } from "./sample-log.ts";

/** Claims, fences and the writes of former owners. */
export const OWNERSHIP_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "lets one node at a time hold a conversation, and names that node": async (store) => {
    await Promise.all([store.commit(creation(A)), store.commit(creation(B))]);
    const { ownership } = store;
    const [first, second] = [await ownership.join(), await ownership.join()];
    assert.notEqual(first, second);
    assert.equal(await ownership.ownerOf(A), undefined);
    await claimed(ownership, first, A);
    assert.deepEqual(await ownership.claim(second, A), { owner: { node: first } });
    assert.deepEqual(await ownership.ownerOf(A), { node: first });
    await claimed(ownership, second, B);
  },

  "lets ids be claimed that are no conversations": async ({ ownership }) => {
    const node = await ownership.join();
    const fence = await claimed(ownership, node, B);
    assert.deepEqual(await ownership.ownerOf(B), { node });
    await ownership.release(B, fence);
    assert.equal(await ownership.ownerOf(B), undefined);
  },

  "lets one of two claims of the same moment succeed": async (store) => {
    await store.commit(creation(A));
    const { ownership } = store;
    const nodes = [await ownership.join(), await ownership.join(), await ownership.join()];
    const outcomes = await Promise.all(nodes.map((node) => ownership.claim(node, A)));
    assert.equal(outcomes.filter((outcome) => "fence" in outcome).length, 1);
    const owner = await ownership.ownerOf(A);
    const refusals = outcomes.filter((outcome) => "owner" in outcome);
    assert.deepEqual(refusals, [{ owner }, { owner }]);
  },

  "raises the fence with each claim, after a release and after the owner has left": async (store) => {
    await store.commit(creation(A));
    const { ownership } = store;
    const [first, second] = [await ownership.join(), await ownership.join()];
    const fences = [await claimed(ownership, first, A), await claimed(ownership, first, A)];
    await ownership.release(A, fences[1] ?? 0);
    assert.equal(await ownership.ownerOf(A), undefined);
    fences.push(await claimed(ownership, second, A));
    await ownership.leave(second);
    await ownership.leave(second);
    assert.equal(await ownership.ownerOf(A), undefined);
    fences.push(await claimed(ownership, first, A));
    await ownership.leave(first);
    const third = await ownership.join();
    for (const { conversationId, fence } of await ownership.adopt(third, 10)) {
      assert.equal(conversationId, A);
      fences.push(fence);
    }
    assert.equal(fences.length, 5);
    assert.deepEqual(
      fences.toSorted((left, right) => left - right),
      fences,
    );
    assert.equal(new Set(fences).size, fences.length);
    assert.notEqual(await ownership.join(), second);
  },

  "does not end a claim by the release of an earlier one": async (store) => {
    await store.commit(creation(A));
    const { ownership } = store;
    const [first, second] = [await ownership.join(), await ownership.join()];
    const former = await claimed(ownership, first, A);
    await ownership.leave(first);
    await claimed(ownership, second, A);
    await ownership.release(A, former);
    assert.deepEqual(await ownership.ownerOf(A), { node: second });
  },

  "refuses the late write of a former owner, and the whole change with it": async (store) => {
    await store.commit(creation(A));
    const { ownership } = store;
    const [first, second] = [await ownership.join(), await ownership.join()];
    const former = await claimed(ownership, first, A);
    await store.commit({ conversationId: A, events: [event(0)], fence: former });
    await ownership.leave(first);
    const late = { conversationId: A, events: [event(1)], documents: { state: "late" }, fence: former };
    await refused(store.commit(late), "ownership_lost");
    const fence = await claimed(ownership, second, A);
    await refused(store.commit(late), "ownership_lost");
    await store.commit({ conversationId: A, events: [event(1)], fence });
    await refused(
      store.commit({ conversationId: A, update: { title: "Late" }, fence: former }),
      "ownership_lost",
    );
    const [record] = await store.conversations.find([A], ["state"]);
    assert.deepEqual([record?.title, record?.documents], [null, {}]);
    assert.deepEqual(await seqs(store, A), [0, 1]);
  },

  "ends the claim on a conversation that is removed": async (store) => {
    await store.commit(creation(A));
    const { ownership } = store;
    const fence = await claimed(ownership, await ownership.join(), A);
    await store.remove(A);
    assert.equal(await ownership.ownerOf(A), undefined);
    await store.commit(creation(A));
    await refused(store.commit({ conversationId: A, events: [event(0)], fence }), "ownership_lost");
  },
};

async function claimed(ownership: Ownership, node: number, conversationId: string): Promise<number> {
  const outcome = await ownership.claim(node, conversationId);
  assert.ok("fence" in outcome, `the claim of node ${node} was refused`);
  return outcome.fence;
}
