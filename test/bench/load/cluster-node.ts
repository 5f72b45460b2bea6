/**
 * A process: a node of a cluster from the build in `DIST`, whose frames go by the broker in `BENCH_REDIS` or
 * `BENCH_NATS`, if there is one. Prints its address as the command does.
 */
import { join } from "node:path";
import type * as AgentServer from "../../../src/index.ts";
import type * as Postgres from "../../../src/stores/postgres.ts";

const { DIST = "", STORE = "", PORT = "", OH_SECRET_KEY = "", BENCH_REDIS, BENCH_NATS } = process.env;
const library = (await import(join(DIST, "index.js"))) as typeof AgentServer;
const { postgresStore } = (await import(join(DIST, "postgres.js"))) as typeof Postgres;

const server = library.createServer({
  store: postgresStore({ connectionString: STORE }),
  cluster: { address: `http://127.0.0.1:${PORT}`, feed: await brokerFeed() },
  secretKey: OH_SECRET_KEY,
  keyless: "loopback",
  logger: "silent",
});
const { url } = await server.listen(Number(PORT), "127.0.0.1");
process.stdout.write(`Agent server   ${url}\n`);

async function brokerFeed() {
  if (BENCH_REDIS !== undefined) {
    const { createClient } = await import("@redis/client");
    return library.redisFeed(createClient({ url: BENCH_REDIS }));
  }
  if (BENCH_NATS === undefined) return undefined;
  const { connect } = await import("@nats-io/transport-node");
  return library.natsFeed(await connect({ servers: BENCH_NATS, maxReconnectAttempts: -1 }));
}
