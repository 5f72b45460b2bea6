import { join } from "node:path";
import { postgresStore } from "../../../../src/stores/postgres.ts";
import { openCluster } from "../../../cluster/harness/cluster.ts";
import { createConversation, send } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { fillConversations } from "../../fill.ts";
import { call } from "../../load/http-client.ts";
import { median, quantile, rounded, timed } from "../../statistics.ts";
import { lastPage } from "../list.ts";

const CONVERSATIONS = 10_000;
const PAGE = 100;
const REQUESTS = 100;

/** Pages of 100 conversations over HTTP, from Postgres. */
export const listOnPostgres: Figure = {
  name: "list",
  bar: "p95 of 10,000 <= 15 ms, first and last page",
  reference: false,
  async measure({ dist, folder }) {
    const cluster = await openCluster({
      nodes: 1,
      isDurable: true,
      isDirect: true,
      command: join(dist, "cli.js"),
      cwd: join(folder, "nodes"),
    });
    try {
      const [{ url = "" } = {}] = cluster.nodes;
      const id = await createConversation({ url, model: "http://127.0.0.1:9/v1", folder });
      await send(url, id, "Hello.", false);
      const { database } = cluster;
      const store = postgresStore({ connectionString: database.urlAt(database.port) });
      await fillConversations(store, id, CONVERSATIONS - 1).finally(() => store.close());
      await database.query("ANALYZE");
      const first = `${url}/api/conversations/search?limit=${PAGE}`;
      const last = await lastPage(first);
      for (const page of [first, last]) await timed(REQUESTS / 2, () => call(page));
      const firstTimes = await timed(REQUESTS, () => call(first));
      const lastTimes = await timed(REQUESTS, () => call(last));
      const [firstMs, lastMs] = [quantile(firstTimes, 0.95), quantile(lastTimes, 0.95)];
      return {
        shown: `first ${firstMs.toFixed(1)} ms, last ${lastMs.toFixed(1)} ms of ${CONVERSATIONS}, medians ${median(firstTimes).toFixed(1)} and ${median(lastTimes).toFixed(1)} ms`,
        good: firstMs <= 15 && lastMs <= 15,
        values: {
          conversations: CONVERSATIONS,
          first_p95_ms: rounded(firstMs),
          first_median_ms: rounded(median(firstTimes)),
          last_p95_ms: rounded(lastMs),
          last_median_ms: rounded(median(lastTimes)),
        },
      };
    } finally {
      await cluster.close();
    }
  },
};
