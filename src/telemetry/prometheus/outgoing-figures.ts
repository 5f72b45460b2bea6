import type { Registry } from "prom-client";
import type { Observer } from "../../observing/observer.ts";
import type { PromClient } from "./load-client.ts";
import { secondsSince } from "./seconds-since.ts";

const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Measures requests to other servers. */
export function outgoingFigures(
  { Counter, Histogram }: PromClient,
  registry: Registry,
): Pick<Observer, "outgoing"> {
  const registers = [registry];
  const requests = new Counter({
    name: "agent_server_outgoing_requests_total",
    help: "Requests to other servers, by what these are and by the status; none where no answer came",
    labelNames: ["to", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "agent_server_outgoing_request_duration_seconds",
    help: "Time until other servers began to answer",
    labelNames: ["to"],
    ...{ buckets: BUCKETS, registers },
  });
  return {
    outgoing({ to }) {
      const began = performance.now();
      const end = (status: number | undefined) => {
        requests.inc({ to, status: status ?? "none" });
        duration.observe({ to }, secondsSince(began));
      };
      return { ended: ({ status }) => end(status), failed: () => end(undefined) };
    },
  };
}
