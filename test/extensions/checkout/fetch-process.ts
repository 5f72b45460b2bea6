import { systemClock } from "../../../src/clock.ts";
import { fetchSource } from "../../../src/extensions/checkout/fetch-source.ts";
import { readSource } from "../../../src/extensions/checkout/source.ts";
import { silentLogger } from "../../../src/logger.ts";
import { localWorkspace } from "../../../src/workspace/local/local-workspace.ts";

// Fetches a source into a cache and prints its path: another process for the tests of one cache.
const [source = "", home = ""] = process.argv.slice(2);
const workspace = await localWorkspace({ environment: { HOME: home, PATH: process.env.PATH } })({
  conversationId: null,
  workingDir: home,
  dataDir: home,
  requested: {},
});
const place = {
  workspace,
  userDir: home,
  logger: silentLogger,
  clock: systemClock,
  judgeHost: async (host: string) => ({ outcome: "allowed" as const, addresses: [host] }),
  publicExtensions: { folder: async () => home, refresh: async () => home, listed: async () => [] },
};
const { path } = await fetchSource(place, readSource({ source, ref: null, repoPath: null }, workspace.info), {
  cacheFolder: `${home}/cache`,
  isStrict: true,
  deadline: systemClock.now() + 60_000,
});
process.stdout.write(path);
await workspace.close();
