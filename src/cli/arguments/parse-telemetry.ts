import type { Values } from "./command-table.ts";
import { UsageError } from "./usage-error.ts";

/** Flags of what watches the server. */
export interface TelemetryArguments {
  /** null: no figures. */
  metrics: MetricsArguments | null;
  tracing: boolean;
  accessLog: boolean;
}

/** The place of the figures. Without a port, a route of the server. */
export interface MetricsArguments {
  port?: number;
  host?: string;
}

/** @throws UsageError for a port that is none, and for a host without a port */
export function parseTelemetry(values: Values): TelemetryArguments {
  return {
    metrics: parseMetrics(values),
    tracing: values.tracing ?? false,
    accessLog: values["access-log"] ?? false,
  };
}

function parseMetrics(values: Values): MetricsArguments | null {
  const { metrics, "metrics-port": port, "metrics-host": host } = values;
  if (port === undefined) {
    if (host !== undefined) throw new UsageError("--metrics-host: needs --metrics-port", "serve");
    return metrics ? {} : null;
  }
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) {
    const given = JSON.stringify(port);
    throw new UsageError(`--metrics-port: expected a number from 0 to 65535, got ${given}`, "serve");
  }
  return { port: number, ...(host !== undefined && { host }) };
}
