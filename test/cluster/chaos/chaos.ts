import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "../../../src/server/create-server.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { type Cluster, openCluster } from "../harness/cluster.ts";
import { conversationsOf, readStarts } from "./evidence.ts";
import {
  type CalmSilence,
  faultsOf,
  longestCalmSilence,
  longestSilence,
  type Span,
  takeoversOf,
} from "./history.ts";
import { describeFault, type Fault, generator, schedule } from "./schedule.ts";
import { startWorkload } from "./workload.ts";

export interface ChaosOptions {
  seed: number;
  /** Length of the schedule of faults. */
  milliseconds: number;
  /** Number of conversations. */
  conversations: number;
  /** Takes a line about each fault when it begins. Default: nothing. */
  onFault?(line: string): void;
}

export interface ChaosReport {
  /** What the cluster did wrong, in words. */
  faults: string[];
  /** What was done to it, in words. */
  schedule: string[];
  /** Stored events that clients saw. */
  acknowledged: number;
  events: number;
  calls: number;
  takeovers: number;
  /** Milliseconds. */
  longestSilence: number;
  /** The longest part of a silence in which nothing was wrong; its times are milliseconds since the round began. */
  longestCalmSilence: CalmSilence | undefined;
}

/** A cluster on which rounds of chaos are played, each with its own conversations. */
export interface ChaosCluster {
  play(options: ChaosOptions): Promise<ChaosReport>;
  /** What the nodes wrote to stderr. */
  log(): string;
  close(): Promise<void>;
}

const NODES = 3;

/** With the placement `sandbox`, all conversations work at one more server, to which nothing happens. */
export async function openChaosCluster(placement: "shared" | "sandbox" = "shared"): Promise<ChaosCluster> {
  const program = resolve(import.meta.dirname, "chaos-node.ts");
  const sandbox = placement === "sandbox" ? await openSandbox() : undefined;
  // Relative to the folder of each node.
  const environment = { STARTS: "../starts", ...sandbox?.environment };
  const cluster = await openCluster({ nodes: NODES, program, environment }).catch(async (error: unknown) => {
    await sandbox?.close();
    throw error;
  });
  const starts = join(cluster.folder, "starts");
  return {
    play: (options) => play(cluster, starts, options),
    log: cluster.log,
    async close() {
      await cluster.close();
      await sandbox?.close();
    },
  };
}

async function openSandbox() {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-sandbox-"));
  const key = "key-of-the-sandbox";
  const server = createServer({
    apiKeys: [key],
    store: memoryStore(),
    conversationsPath: folder,
    environment: { ...process.env, HOME: folder },
    logger: "silent",
  });
  const { url } = await server.listen(0, "127.0.0.1");
  return {
    environment: { SANDBOX: url, SANDBOX_KEY: key },
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function play(cluster: Cluster, starts: string, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, milliseconds, conversations, onFault = () => {} } = options;
  const random = generator(seed + 1);
  const faults = schedule({ seed, milliseconds, nodes: NODES });
  const earlier = (await readStarts(starts)).length;
  const workload = await startWorkload({ url: cluster.url, conversations, random });
  try {
    const began = Date.now();
    const elapsed = () => Date.now() - began;
    /** On a slow machine a node may still be starting when its next fault is due, which waits for that then. */
    const latest = new Map<number | undefined, Promise<void>>();
    const troubles: Span[] = [];
    await Promise.all([
      ...faults.map(async (fault) => {
        await sleep(fault.at);
        const target = fault.kind === "database" ? undefined : fault.node;
        const turn = (latest.get(target) ?? Promise.resolve()).then(async () => {
          onFault(`${describeFault(fault)}, began at ${(elapsed() / 1_000).toFixed(1)} s`);
          const from = Date.now();
          await inflict(cluster, fault);
          troubles.push({ from, to: Date.now() });
        });
        latest.set(target, turn);
        await turn;
      }),
      sleep(milliseconds),
    ]);
    // Those that were late.
    await Promise.all(latest.values());
    const witnesses = await workload.finish();
    const history = {
      conversations: await conversationsOf(cluster.database, witnesses),
      starts: (await readStarts(starts)).slice(earlier),
    };
    return {
      faults: faultsOf(history),
      schedule: faults.map(describeFault),
      acknowledged: history.conversations.flatMap(({ seen }) => seen.flat()).length,
      events: history.conversations.flatMap(({ log }) => log).length,
      calls: history.starts.length,
      takeovers: takeoversOf(history),
      longestSilence: longestSilence(history),
      longestCalmSilence: sinceStart(longestCalmSilence(history, troubles), began),
    };
  } finally {
    await workload.close();
  }
}

function sinceStart(silence: CalmSilence | undefined, began: number): CalmSilence | undefined {
  return silence && { ...silence, from: silence.from - began, to: silence.to - began };
}

/** Resolves when it is over. */
async function inflict({ nodes, database }: Cluster, fault: Fault): Promise<void> {
  if (fault.kind === "database") {
    await database.crash();
    await sleep(fault.duration);
    return database.start();
  }
  const node = nodes[fault.node];
  if (node === undefined) throw new Error(`there is no node ${fault.node}`);
  const server = node.server();
  switch (fault.kind) {
    case "kill":
    case "drain":
      await server.stop(fault.kind === "kill" ? "SIGKILL" : "SIGTERM");
      await sleep(fault.duration);
      return startAgain(() => node.start());
    case "stop":
      server.process.kill("SIGSTOP");
      await sleep(fault.duration);
      return void server.process.kill("SIGCONT");
    case "freeze":
    case "cut":
      node.link[fault.kind]();
      await sleep(fault.duration);
      return node.link.mend();
  }
}

/** The database may be down just now: whatever runs the nodes starts them again, too. */
async function startAgain(start: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(500);
    }
  }
}
