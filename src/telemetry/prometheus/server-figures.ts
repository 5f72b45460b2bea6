import type { Registry } from "prom-client";
import type { ServerSample } from "../../observing/observer.ts";
import type { PromClient } from "./load-client.ts";

type Value = number | undefined;

/** The figures of the moment: what each is, and how it is read. undefined leaves a figure out. */
const FIGURES: Record<string, [help: string, read: (sample: ServerSample) => Value | Promise<Value>]> = {
  agent_server_conversations_in_memory: [
    "Conversations in memory; in a cluster, those that this server owns",
    (sample) => sample.conversations,
  ],
  agent_server_runs_active: ["Runs that are active", (sample) => sample.activeRuns],
  agent_server_runs_queued: ["Runs that wait for others to end", (sample) => sample.queuedRuns],
  agent_server_run_slots: ["Runs that may be active at once", (sample) => sample.runSlots],
  agent_server_bash_commands_running: ["Commands of clients that run", (sample) => sample.bashCommands],
  agent_server_ready: ["1 once the server is ready", (sample) => Number(sample.isReady)],
  agent_server_cluster_sure: [
    "1 while the other servers of the cluster surely count this one as alive, so that it owns what it runs",
    ({ cluster }) => (cluster === undefined ? undefined : Number(cluster.isSure)),
  ],
  agent_server_webhook_messages_waiting: [
    "Messages that wait for webhooks, but for those that another server sends",
    ({ webhooks }) => webhooks?.waiting,
  ],
  agent_server_webhook_oldest_message_seconds: [
    "Time since the oldest message was written that waits for a webhook, at most; 0 without any",
    ({ webhooks }) => webhooks?.oldestSeconds,
  ],
  agent_server_disk_free_bytes: [
    "Space left on the disk that has the data of the server",
    async (sample) => (await sample.diskSpace())?.free,
  ],
  agent_server_disk_size_bytes: [
    "Size of the disk that has the data of the server",
    async (sample) => (await sample.diskSpace())?.size,
  ],
};

/** Measures the state of a server at the moment in which the figures are read. */
export function serverFigures(client: PromClient, registry: Registry, sample: () => ServerSample): void {
  const { Gauge } = client;
  for (const [name, [help, read]] of Object.entries(FIGURES)) {
    new Gauge({
      ...{ name, help, registers: [registry] },
      async collect() {
        const value = await read(sample());
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
  webhookFigures(client, registry, sample);
  new Gauge({
    name: "agent_server_info",
    help: "1, with the version of the package",
    labelNames: ["version"],
    registers: [registry],
    collect() {
      this.set({ version: sample().version }, 1);
    },
  });
}

/** Counted by the webhooks themselves, because most messages are taken long after the work that they are about. */
function webhookFigures({ Counter }: PromClient, registry: Registry, sample: () => ServerSample): void {
  new Counter({
    name: "agent_server_webhook_messages_total",
    help: "Messages that webhooks have taken (delivered), and those that were given up (dropped)",
    labelNames: ["outcome"],
    registers: [registry],
    collect() {
      const { webhooks } = sample();
      this.reset();
      if (webhooks === undefined) return;
      this.inc({ outcome: "delivered" }, webhooks.delivered);
      this.inc({ outcome: "dropped" }, webhooks.dropped);
    },
  });
}
