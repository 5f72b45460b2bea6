import type { Registry } from "prom-client";
import type { ServerSample } from "../../observing/observer.ts";
import type { PromClient } from "./load-client.ts";

/** The figures of the moment: what each is, and how it is read. undefined leaves a figure out. */
const FIGURES: Record<string, [help: string, read: (sample: ServerSample) => number | undefined]> = {
  agent_server_conversations_in_memory: ["Conversations in memory", (sample) => sample.conversations],
  agent_server_runs_active: ["Runs that are active", (sample) => sample.activeRuns],
  agent_server_runs_queued: ["Runs that wait for others to end", (sample) => sample.queuedRuns],
  agent_server_run_slots: ["Runs that may be active at once", (sample) => sample.runSlots],
  agent_server_bash_commands_running: ["Commands of clients that run", (sample) => sample.bashCommands],
  agent_server_ready: ["1 once the server is ready", (sample) => Number(sample.isReady)],
  agent_server_cluster_sure: [
    "1 while the other servers of the cluster surely count this one as alive, so that it owns what it runs",
    ({ cluster }) => (cluster === undefined ? undefined : Number(cluster.isSure)),
  ],
};

/** Measures the state of a server at the moment in which the figures are read. */
export function serverFigures({ Gauge }: PromClient, registry: Registry, sample: () => ServerSample): void {
  for (const [name, [help, read]] of Object.entries(FIGURES)) {
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.reset();
        const value = read(sample());
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}
