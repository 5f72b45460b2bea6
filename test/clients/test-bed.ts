import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type SpawnedServer, type SpawnOptions, spawnServer } from "../cli/spawn-server.ts";
import { isClusterWanted, openCluster } from "../cluster/harness/cluster.ts";
import { startObedientModel } from "./obedient-model.ts";

export interface TestBed {
  url: string;
  key: string;
  /** Base URL of a provider whose model does what the user message says. */
  modelUrl: string;
  /** A folder for the agents' work. */
  folder: string;
  /** The home folder of the server's user. */
  home: string;
  /** Kills the server and starts it again on the same port. */
  restart(): Promise<void>;
  /** What the server wrote to stderr, for a failed run. */
  log(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TestBedOptions {
  args?: string[];
  /** Further variables of the server's environment. An empty one counts as unset. */
  environment?: Record<string, string>;
}

interface Started {
  url: string;
  restart(): Promise<void>;
  log(): string;
  stop(): Promise<unknown>;
}

/**
 * The server as a user starts it, with a session key, and a model for its agents. Three servers behind a balancer if
 * the suite runs with `--cluster`.
 */
export async function openTestBed({ args = [], environment }: TestBedOptions = {}): Promise<TestBed> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-clients-"));
  const home = join(folder, "home");
  await mkdir(home);
  const model = await startObedientModel();
  const key = "client-tests-key";
  const start = isClusterWanted() ? startCluster : startOne;
  const { url, restart, log, stop } = await start({
    cwd: folder,
    args: ["--host", "127.0.0.1", ...args],
    environment: {
      HOME: home,
      OH_SESSION_API_KEYS_0: key,
      OH_SECRET_KEY: "secret of the client tests",
      ...environment,
    },
  });
  return {
    ...{ url, key, folder, home, restart, log },
    modelUrl: model.url,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await model.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOne(options: SpawnOptions): Promise<Started> {
  const { args = [] } = options;
  const start = (port: string) => spawnServer({ ...options, args: ["--port", port, ...args] });
  const servers: SpawnedServer[] = [await start("0")];
  const current = () => servers.at(-1) as SpawnedServer;
  const { url } = current();
  return {
    url,
    log: () => servers.map((server) => server.stderr()).join(""),
    restart: async () => {
      await current().stop("SIGKILL");
      servers.push(await start(new URL(url).port));
    },
    stop: () => current().stop(),
  };
}

/** Milliseconds for which patient nodes live on in the database after they were killed. */
const LEASE = 20_000;

/** All nodes work on this machine, in one folder. */
async function startCluster(options: SpawnOptions): Promise<Started> {
  const { url, restart, log, close } = await openCluster({ ...options, isPatient: true });
  const restarted = async () => {
    await restart();
    await setTimeout(LEASE);
  };
  return { url, restart: restarted, log, stop: close };
}
