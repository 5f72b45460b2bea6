import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openCluster } from "../../../cluster/harness/cluster.ts";
import { createConversation, send } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { ask } from "../../load/http-client.ts";
import { median, quantile, range, rounded } from "../../statistics.ts";

const RUNS = 40;

/** From an interrupt, sent to another node than that of the run or to that one, until the model is let go. */
export const clusterInterrupt: Figure = {
  name: "cluster interrupt",
  bar: "p95 <= 50 ms from another node",
  reference: false,
  async measure({ dist, folder }) {
    await using model = await startSilentModel();
    const cluster = await openCluster({
      nodes: 2,
      isDurable: true,
      isDirect: true,
      command: join(dist, "cli.js"),
      cwd: join(folder, "nodes"),
    });
    try {
      const [near = "", far = ""] = cluster.nodes.map(({ url }) => url);
      const id = await createConversation({ url: near, model: model.url, folder });
      const times: Record<"near" | "far", number[]> = { near: [], far: [] };
      // The first ones load code, and open the connection between the nodes.
      for (const index of range(2 + 2 * RUNS)) {
        const asked = model.nextCall();
        await send(near, id, `Message ${index}`);
        const { ended } = await asked;
        const from = performance.now();
        const [at] = await Promise.all([
          ended,
          ask(`${index % 2 === 0 ? near : far}/api/conversations/${id}/interrupt`, "POST"),
        ]);
        if (index > 1) times[index % 2 === 0 ? "near" : "far"].push(at - from);
        await untilPaused(near, id);
      }
      const [nearMs, farMs] = [median(times.near), median(times.far)];
      const [nearLate, farLate] = [quantile(times.near, 0.95), quantile(times.far, 0.95)];
      return {
        shown: `${farMs.toFixed(1)}/${farLate.toFixed(1)} ms (at its node ${nearMs.toFixed(1)}/${nearLate.toFixed(1)} ms; p50/p95)`,
        good: farLate <= 50,
        values: {
          far_p50_ms: rounded(farMs),
          far_p95_ms: rounded(farLate),
          near_p50_ms: rounded(nearMs),
          near_p95_ms: rounded(nearLate),
        },
      };
    } finally {
      await cluster.close();
    }
  },
};

/** A message that comes before would be read by the run that ends. */
async function untilPaused(url: string, id: string): Promise<void> {
  for (;;) {
    const [info] = await ask<{ execution_status: string }[]>(`${url}/api/conversations?ids=${id}`);
    if (info?.execution_status === "paused") return;
    await sleep(10);
  }
}

/** A model that never answers. A call ends when its caller lets go. */
async function startSilentModel() {
  let asked = Promise.withResolvers<{ ended: Promise<number> }>();
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    asked.resolve({ ended: once(outgoing, "close").then(() => performance.now()) });
    asked = Promise.withResolvers();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    nextCall: () => asked.promise,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
