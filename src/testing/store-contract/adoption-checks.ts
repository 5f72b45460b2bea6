import assert from "node:assert/strict";
import type { Adopted, NodeOptions, Ownership } from "../../stores/ownership.ts";
import type { Store } from "../../stores/store.ts";
import { A, B, creation, event, refused } from "./sample-log.ts";

const C = "cccccccc-0000-4000-8000-000000000003";
const D = "dddddddd-0000-4000-8000-000000000004";

type Checks = Record<string, (store: Store) => Promise<void>>;

/** Nodes with addresses and machines, and what becomes of the conversations of those that are gone. */
export const ADOPTION_CHECKS: Checks = {
  "lists the living nodes with what they said of themselves": async ({ ownership }) => {
    const [plain, full] = [await ownership.join(), await ownership.join(nodeAt("east"))];
    assert.deepEqual(byNode(await ownership.nodes()), [{ node: plain }, { node: full, ...nodeAt("east") }]);
    assert.deepEqual([ownership.isHeld(plain), ownership.isHeld(full)], [true, true]);
    await ownership.leave(plain);
    assert.deepEqual(await ownership.nodes(), [{ node: full, ...nodeAt("east") }]);
    assert.equal(ownership.isHeld(plain), false);
  },

  "names the address of an owner": async ({ ownership }) => {
    const [first, second] = [await ownership.join(nodeAt("east")), await ownership.join(nodeAt("west"))];
    await fenceOf(ownership, first, A);
    const owner = { node: first, address: nodeAt("east").address };
    assert.deepEqual(await ownership.ownerOf(A), owner);
    assert.deepEqual(await ownership.claim(second, A), { owner });
  },

  "refuses the claims of a node that has left": async (store) => {
    await store.commit(creation(A));
    const node = await store.ownership.join();
    await store.ownership.leave(node);
    await refused(store.ownership.claim(node, A), "ownership_lost");
    await refused(store.ownership.adopt(node, 10), "ownership_lost");
    assert.equal(await store.ownership.ownerOf(A), undefined);
  },

  "hands out what runs without a living node, each to one node": async (store) => {
    const ids = [A, B, C, D];
    await Promise.all(ids.map((id) => store.commit(creation(id, { status: "running" }))));
    const { ownership } = store;
    const nodes = [await ownership.join(), await ownership.join(), await ownership.join()];
    const held = await fenceOf(ownership, nodes[0] ?? 0, D);
    const adopted = (await Promise.all(nodes.map((node) => ownership.adopt(node, 10)))).flat();
    assert.deepEqual(idsOf(adopted), [A, B, C]);
    assert.ok(adopted.every(({ fence }) => fence > held));
    for (const { conversationId, fence } of adopted) {
      await store.commit({ conversationId, events: [event(0)], fence });
    }
    assert.deepEqual(await ownership.adopt(nodes[1] ?? 0, 10), []);
  },

  "hands out no more than is asked for": async (store) => {
    await Promise.all([A, B, C].map((id) => store.commit(creation(id, { status: "running" }))));
    const node = await store.ownership.join();
    assert.equal((await store.ownership.adopt(node, 0)).length, 0);
    assert.equal((await store.ownership.adopt(node, 2)).length, 2);
    assert.equal((await store.ownership.adopt(node, 2)).length, 1);
  },

  "hands out what a node held when it left, but not what it had released": async (store) => {
    await Promise.all([store.commit(creation(A)), store.commit(creation(B, { status: "paused" }))]);
    const { ownership } = store;
    const [first, second] = [await ownership.join(), await ownership.join()];
    await ownership.release(A, await fenceOf(ownership, first, A));
    await fenceOf(ownership, first, B);
    assert.deepEqual(await ownership.adopt(second, 10), []);
    await ownership.leave(first);
    assert.deepEqual(idsOf(await ownership.adopt(second, 10)), [B]);
    assert.deepEqual(await ownership.adopt(second, 10), []);
  },

  "hands out neither sub-agents nor ids that are no conversations": async (store) => {
    await store.commit(creation(A));
    await store.commit(creation(B, { status: "running", agentOf: A }));
    const { ownership } = store;
    const [first, second] = [await ownership.join(), await ownership.join()];
    await fenceOf(ownership, first, B);
    await fenceOf(ownership, first, C);
    await ownership.leave(first);
    assert.deepEqual(await ownership.adopt(second, 10), []);
  },

  "keeps a conversation at its machine": async (store) => {
    await store.commit(creation(A, { status: "running", machine: "east" }));
    const [record] = await store.conversations.find([A], []);
    assert.equal(record?.machine, "east");
    const { ownership } = store;
    const west = await ownership.join(nodeAt("west"));
    assert.deepEqual(await ownership.claim(west, A), { away: "east" });
    const east = await ownership.join(nodeAt("east"));
    const owner = { node: east, address: nodeAt("east").address };
    assert.deepEqual(await ownership.claim(west, A), { owner });
    assert.deepEqual(await ownership.adopt(west, 10), []);
    assert.deepEqual(idsOf(await ownership.adopt(east, 10)), [A]);
    assert.deepEqual(await ownership.claim(west, A), { owner });
  },

  "hands out what runs on a machine without a living node, marked as away": async (store) => {
    await store.commit(creation(A, { status: "running", machine: "east" }));
    await store.commit(creation(B, { machine: "east" }));
    const { ownership } = store;
    const [east, west] = [await ownership.join(nodeAt("east")), await ownership.join(nodeAt("west"))];
    await fenceOf(ownership, east, A);
    await fenceOf(ownership, east, B);
    await ownership.leave(east);
    const [adopted, ...others] = await ownership.adopt(west, 10);
    assert.deepEqual([adopted?.conversationId, adopted?.away, others], [A, "east", []]);
    const fence = adopted?.fence ?? 0;
    await store.commit({ conversationId: A, update: { status: "error" }, fence });
    await ownership.release(A, fence);
    const again = await ownership.join(nodeAt("east"));
    assert.deepEqual(idsOf(await ownership.adopt(again, 10)), [B]);
  },
};

/** Checks of a store whose nodes die. */
export function deathChecks(kill: (store: Store, node: number) => Promise<void>): Checks {
  return {
    "tells a dead node once, and never lets it back": async (store) => {
      await store.commit(creation(A));
      const { ownership } = store;
      const deaths: string[] = [];
      const dead = await ownership.join({ died: () => deaths.push("dead") });
      const other = await ownership.join({ died: () => deaths.push("other") });
      await fenceOf(ownership, dead, A);
      await kill(store, dead);
      assert.deepEqual(deaths, ["dead"]);
      assert.deepEqual([ownership.isHeld(dead), ownership.isHeld(other)], [false, true]);
      assert.deepEqual(byNode(await ownership.nodes()), [{ node: other }]);
      assert.equal(await ownership.ownerOf(A), undefined);
      await refused(ownership.claim(dead, A), "ownership_lost");
      await refused(ownership.adopt(dead, 10), "ownership_lost");
      await kill(store, dead);
      assert.deepEqual(deaths, ["dead"]);
    },

    "refuses what the dead write, and hands out what they held": async (store) => {
      await store.commit(creation(A));
      const { ownership } = store;
      const [dead, next] = [await ownership.join(), await ownership.join()];
      const fence = await fenceOf(ownership, dead, A);
      await kill(store, dead);
      await refused(store.commit({ conversationId: A, events: [event(0)], fence }), "ownership_lost");
      const [adopted] = await ownership.adopt(next, 10);
      assert.equal(adopted?.conversationId, A);
      await ownership.release(A, fence);
      assert.deepEqual(await ownership.ownerOf(A), { node: next });
      await refused(store.commit({ conversationId: A, events: [event(0)], fence }), "ownership_lost");
      await store.commit({ conversationId: A, events: [event(0)], fence: adopted?.fence });
    },
  };
}

function nodeAt(machine: string): Required<Pick<NodeOptions, "address" | "machine">> {
  return { address: `http://${machine}.invalid:8000`, machine };
}

function byNode<T extends { node: number }>(nodes: readonly T[]): T[] {
  return nodes.toSorted((left, right) => left.node - right.node);
}

function idsOf(adopted: readonly Adopted[]): string[] {
  return adopted.map(({ conversationId }) => conversationId).sort();
}

async function fenceOf(ownership: Ownership, node: number, id: string): Promise<number> {
  const outcome = await ownership.claim(node, id);
  assert.ok("fence" in outcome, `the claim of node ${node} was refused`);
  return outcome.fence;
}
