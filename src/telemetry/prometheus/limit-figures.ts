import type { Registry } from "prom-client";
import type { Observer } from "../../observing/observer.ts";
import type { PromClient } from "./load-client.ts";

/** Counts what limits of callers refuse. The names of limits are few. */
export function limitFigures({ Counter }: PromClient, registry: Registry): Pick<Observer, "limited"> {
  const refusals = new Counter({
    name: "agent_server_limited_total",
    help: "Requests, sockets and runs that were refused, and runs that were paused, by the limit of their caller",
    labelNames: ["limit"],
    registers: [registry],
  });
  return { limited: (limit) => refusals.inc({ limit }) };
}
