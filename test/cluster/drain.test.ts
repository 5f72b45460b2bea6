import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { conversationsOf, readStarts } from "./chaos/evidence.ts";
import { faultsOf, takeoversOf } from "./chaos/history.ts";
import { generator } from "./chaos/schedule.ts";
import { startWorkload } from "./chaos/workload.ts";
import { type Cluster, openCluster } from "./harness/cluster.ts";

const LATER = { NODE_OPTIONS: `--import ${join(import.meta.dirname, "harness/later-version.ts")}` };

let cluster: Cluster;
beforeAll(async () => {
  const program = resolve(import.meta.dirname, "chaos/chaos-node.ts");
  cluster = await openCluster({ program, environment: { STARTS: "../starts" } });
}, 300_000);
afterAll(() => cluster.close());

it("nodes that are replaced by a later version one after the other lose nothing, repeat nothing and refuse nothing, and every run goes on", async () => {
  const { url, nodes, database, folder } = cluster;
  const workload = await startWorkload({ url, conversations: 12, random: generator(1) });
  try {
    for (const node of nodes) {
      expect(await node.server().stop("SIGTERM"), node.log()).toBe(0);
      await node.start(LATER);
    }
    const conversations = await conversationsOf(database, await workload.finish());
    const history = { conversations, starts: await readStarts(join(folder, "starts")) };
    expect(faultsOf(history), cluster.log()).toEqual([]);
    expect(workload.refused, cluster.log()).toEqual([]);
    expect(takeoversOf(history)).toBeGreaterThanOrEqual(conversations.length);
    const [newest] = await database.query<{ name: string }>(
      "SELECT name FROM agent_server.migrations ORDER BY version DESC LIMIT 1",
    );
    expect(newest?.name).toBe("something later");
  } finally {
    await workload.close();
  }
}, 600_000);

it("an earlier version does not start on the schema of a later one, and says why", async () => {
  const [node] = cluster.nodes;
  await node?.server().stop("SIGKILL");
  await expect(node?.start()).rejects.toThrow(/something later/);
}, 120_000);
