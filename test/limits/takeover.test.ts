import { type Steps, say } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { Adoption } from "../../src/cluster/membership/adoption.ts";
import { Limiter } from "../../src/limits/limiter.ts";
import type { LlmRequest } from "../../src/llm/llm.ts";
import { silentLogger } from "../../src/logger.ts";
import type { LocalOwnership } from "../../src/stores/local-ownership.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { NodeSeat } from "../../src/stores/nodes/node-seat.ts";
import type { Store } from "../../src/stores/store.ts";
import { Gate, openManager, send, start, until, waitFor } from "../conversations/open-manager.ts";

function openNode(store: Store, steps: Steps<LlmRequest>) {
  const seat = new NodeSeat(store.ownership);
  const { documents } = store;
  const limits = { tokensPerDay: 100 };
  const limiter = new Limiter({ limits, documents, logger: silentLogger, now: () => Date.now() });
  const { manager } = openManager({ store, seat, steps, limiter, adopts: true, cutRuns: "continue" });
  const adoption = new Adoption({ seat, conversations: manager, logger: silentLogger });
  onTestFinished(async () => {
    await adoption.end();
    await manager.close();
  });
  return { manager, limiter, join: () => adoption.start() };
}

it("a run that another server goes on with counts for the client that has begun it", async () => {
  const store = memoryStore();
  onTestFinished(() => store.close());
  const gate = new Gate();
  const first = openNode(store, [waitFor(gate)]);
  const id = await start(first.manager);
  const bob = { principalId: "bob" };
  await first.limiter.within(bob, () => send(first.manager, id, "Go."));
  await gate.reached;
  const second = openNode(store, [say("Taken up.")]);
  expect(await second.limiter.usedUp(bob)).toBeUndefined();
  const owner = await store.ownership.ownerOf(id);
  await (store.ownership as LocalOwnership).bury(owner?.node ?? 0);
  second.join();
  await until(async () => (await second.manager.get(id)).execution_status === "finished");
  expect(await second.limiter.usedUp(bob)).toMatchObject({ name: "tokensPerDay", limit: 100 });
});
