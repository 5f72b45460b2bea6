import type { QueueTotals, Store } from "agent-server";

/** What waits in the first thousand queues of a store. */
export async function queuesOf({ outbox }: Pick<Store, "outbox">): Promise<QueueTotals[]> {
  const names = await outbox.queues({ limit: 1_000 });
  return (await Promise.all(names.map((name) => outbox.totals(name)))).filter(
    (totals) => totals !== undefined,
  );
}
