import type { Registry } from "prom-client";
import type { Observer } from "../../observing/observer.ts";
import type { PromClient } from "./load-client.ts";

/** Measures what is taken over from other servers of a cluster. */
export function clusterFigures({ Counter }: PromClient, registry: Registry): Pick<Observer, "takeover"> {
  const takeovers = new Counter({
    name: "agent_server_cluster_takeovers_total",
    help: "Conversations that were taken over because the server that had them was gone",
    registers: [registry],
  });
  return {
    takeover() {
      takeovers.inc();
      return undefined;
    },
  };
}
