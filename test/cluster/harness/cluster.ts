import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../bench/target.ts";
import { type SpawnedServer, spawnServer } from "../../cli/spawn-server.ts";
import { type BalancerOptions, openBalancer } from "./balancer.ts";
import { type Database, openDatabase } from "./database.ts";
import { directLink, type Link, openLink } from "./link.ts";

/** Several real servers on one real database, behind a load balancer. */
export interface Cluster {
  /** The address of the balancer. */
  url: string;
  nodes: readonly ClusterNode[];
  database: Database;
  /** A folder of its own, with the working folders of the nodes unless one was given. */
  folder: string;
  /** Kills all nodes and starts them again. */
  restart(): Promise<void>;
  /** What the nodes wrote to stderr, and what the balancer could not bring to an end. */
  log(): string;
  close(): Promise<void>;
}

/** A server, and its way to the database. */
export interface ClusterNode {
  url: string;
  /** The newest process of the node. */
  server(): SpawnedServer;
  link: Link;
  /** Starts it again, on the same port, with these variables in addition. */
  start(more?: Record<string, string>): Promise<void>;
  /** What all its processes wrote to stderr. */
  log(): string;
}

export interface ClusterOptions {
  /** Number of servers. Default: 3. */
  nodes?: number;
  /** The file of the command. Default: that of the sources. */
  command?: string;
  /** A file that is run in place of the command, and gets its facts from the environment: STORE, PORT, OH_SECRET_KEY. */
  program?: string;
  args?: readonly string[];
  environment?: Record<string, string>;
  /** The working folder of all nodes. Default: each has another. */
  cwd?: string;
  /** Whether nodes reach the database without links that can be made to fail. Default: false. */
  isDirect?: boolean;
  /** Whether commits wait for the disk. Default: false. */
  isDurable?: boolean;
  /** Used, and left open. Default: one of its own. */
  database?: Database;
  /** Whether slow nodes are waited for, because none fails but all share a busy machine. Default: false. */
  isPatient?: boolean;
}

const PATIENT: BalancerOptions = { patience: 120_000, silentLooks: 1_000 };
const PATIENT_NODE = { NODE_OPTIONS: `--import ${join(import.meta.dirname, "patient-node.ts")}` };

/** Variable by which suites that need one server are given a cluster. */
export const isClusterWanted = () => process.env.AGENT_SERVER_TEST_CLUSTER === "1";

export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-cluster-"));
  const database = options.database ?? (await openDatabase(options));
  const balancer = await openBalancer(options.isPatient ? PATIENT : {});
  const nodes: ClusterNode[] = [];
  const close = async () => {
    await balancer.close();
    await Promise.all(nodes.map((node) => node.server().stop("SIGKILL")));
    await Promise.all(nodes.map(({ link }) => link.close()));
    if (options.database === undefined) await database.close();
    await rm(folder, { recursive: true, force: true });
  };
  const count = options.nodes ?? 3;
  const opened = await Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      openNode(options.cwd ?? join(folder, `node-${index}`), database, options),
    ),
  );
  for (const outcome of opened) if (outcome.status === "fulfilled") nodes.push(outcome.value);
  const failed = opened.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  balancer.use(nodes.map(({ url }) => url));
  return {
    url: balancer.url,
    nodes,
    database,
    folder,
    restart: async () => {
      await Promise.all(nodes.map((node) => node.server().stop("SIGKILL")));
      await Promise.all(nodes.map((node) => node.start()));
    },
    log: () =>
      [
        ...nodes.map((node, index) => `node ${index} at ${node.url}${endOf(node)}:\n${node.log()}`),
        ...balancer.broken.map((line) => `broken off by ${line}`),
      ].join("\n"),
    close,
  };
}

function endOf(node: ClusterNode): string {
  const { exitCode, signalCode } = node.server().process;
  return exitCode === null && signalCode === null ? "" : ` (ended with ${exitCode ?? signalCode})`;
}

async function openNode(cwd: string, database: Database, options: ClusterOptions): Promise<ClusterNode> {
  await mkdir(cwd, { recursive: true });
  const link = options.isDirect ? directLink(database.port) : await openLink(database.port);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const store = database.urlAt(link.port);
  const { program, command = program, args = [], environment } = options;
  const own = program === undefined ? ["--store", store, "--cluster", "--address", url] : [];
  const servers: SpawnedServer[] = [];
  const start = async (more: Record<string, string> = {}) => {
    servers.push(
      await spawnServer({
        cwd,
        ...(command !== undefined && { command }),
        args: [...own, ...args, "--port", `${port}`],
        environment: {
          OH_SECRET_KEY: "secret of the cluster",
          STORE: store,
          PORT: `${port}`,
          ...(options.isPatient && PATIENT_NODE),
          ...environment,
          ...more,
        },
      }),
    );
  };
  try {
    await start();
  } catch (error) {
    await link.close();
    throw error;
  }
  return {
    url,
    link,
    start,
    server: () => servers.at(-1) as SpawnedServer,
    log: () => servers.map((server) => server.stderr()).join(""),
  };
}
