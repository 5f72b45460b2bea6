import type { Registry } from "prom-client";
import type { Observer } from "../observing/observer.ts";
import type { Metrics, MetricsPlace } from "./metrics.ts";
import { agentFigures } from "./prometheus/agent-figures.ts";
import { clusterFigures } from "./prometheus/cluster-figures.ts";
import { httpFigures } from "./prometheus/http-figures.ts";
import { limitFigures } from "./prometheus/limit-figures.ts";
import { loadPromClient, type PromClient } from "./prometheus/load-client.ts";
import { modelFigures } from "./prometheus/model-figures.ts";
import { outgoingFigures } from "./prometheus/outgoing-figures.ts";
import { serverFigures } from "./prometheus/server-figures.ts";
import { storeFigures } from "./prometheus/store-figures.ts";

export type { Metrics, MetricsPlace } from "./metrics.ts";

/** Options of `prometheus`. */
export interface PrometheusOptions {
  /**
   * Who may read the route `GET /metrics`: `key`, as every other route, or `open`, everyone who reaches the server, also
   * before it is configured. Default: `key`.
   */
  access?: "key" | "open";
  /**
   * Serves the figures on a separate port in place of the route, without a key, for as long as the server listens. 0
   * takes any free port. Default: none.
   */
  port?: number;
  /** The host of that port. Default: 127.0.0.1. */
  host?: string;
  /** Further labels of every figure, such as the name of the server. Default: none. */
  labels?: Readonly<Record<string, string>>;
  /** Whether the figures of the process and of Node are among them, event loop included. Default: true. */
  processFigures?: boolean;
}

/**
 * Measures one server for Prometheus. It needs the package `prom-client`. No label has ids or names without a bound:
 * past 100 models and 200 tools, all others share the name `other`.
 *
 * @throws TypeError for options that are not valid, Error without the package
 *
 * @example
 * ```ts
 * import { createServer } from "agent-server";
 * import { prometheus } from "agent-server/prometheus";
 *
 * const server = createServer({ apiKeys: ["my-key"], metrics: prometheus() });
 * ```
 */
export function prometheus(options: PrometheusOptions = {}): Metrics {
  const place = placeOf(options);
  const client = loadPromClient();
  const registry = new client.Registry();
  if (options.labels !== undefined) registry.setDefaultLabels({ ...options.labels });
  if (options.processFigures ?? true) client.collectDefaultMetrics({ register: registry });
  return {
    ...httpFigures(client, registry),
    ...limitFigures(client, registry),
    ...agentFigures(client, registry),
    ...modelFigures(client, registry),
    ...storeFigures(client, registry),
    ...outgoingFigures(client, registry),
    ...clusterFigures(client, registry),
    server: serverOnce(client, registry),
    place,
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

/** Two servers would be one in the figures. */
function serverOnce(client: PromClient, registry: Registry): Observer["server"] {
  let isTaken = false;
  return (sample) => {
    if (isTaken)
      throw new TypeError("metrics: measure another server already; each needs its own prometheus()");
    isTaken = true;
    serverFigures(client, registry, sample);
  };
}

function placeOf({ access, port, host }: PrometheusOptions): MetricsPlace {
  if (access !== undefined && access !== "key" && access !== "open") {
    throw new TypeError('prometheus: access must be "key" or "open"');
  }
  if (port === undefined) {
    if (host !== undefined) throw new TypeError("prometheus: host needs a port");
    return { kind: "route", access: access ?? "key" };
  }
  if (access !== undefined) throw new TypeError("prometheus: access is for the route; a port has none");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError("prometheus: port must be a whole number from 0 to 65535");
  }
  return { kind: "port", port, host: host ?? "127.0.0.1" };
}
