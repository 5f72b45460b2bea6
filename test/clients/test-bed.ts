import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SpawnedServer, spawnServer } from "../cli/spawn-server.ts";
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

/** The server as a user starts it, with a session key, and a model for its agents. */
export async function openTestBed({ args = [], environment }: TestBedOptions = {}): Promise<TestBed> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-clients-"));
  const home = join(folder, "home");
  await mkdir(home);
  const model = await startObedientModel();
  const key = "client-tests-key";
  const start = (port: string) =>
    spawnServer({
      cwd: folder,
      args: ["--host", "127.0.0.1", "--port", port, ...args],
      environment: {
        HOME: home,
        OH_SESSION_API_KEYS_0: key,
        OH_SECRET_KEY: "secret of the client tests",
        ...environment,
      },
    });
  const servers: SpawnedServer[] = [await start("0")];
  const current = () => servers.at(-1) as SpawnedServer;
  return {
    url: current().url,
    key,
    modelUrl: model.url,
    folder,
    home,
    log: () => servers.map((server) => server.stderr()).join(""),
    restart: async () => {
      await current().stop("SIGKILL");
      servers.push(await start(new URL(current().url).port));
    },
    [Symbol.asyncDispose]: async () => {
      await current().stop();
      await model.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
