import type { TelemetrySettings } from "../../configuration/telemetry-settings.ts";
import type { Values } from "./command-table.ts";
import { UsageError } from "./usage-error.ts";

/** Flags of what watches the server. */
export interface TelemetryArguments extends TelemetrySettings {
  accessLog: boolean;
}

/** @throws UsageError for a port that is none, and for a host without a port */
export function parseTelemetry(values: Values): TelemetryArguments {
  const modelHosts = values["tracing-model-host"] ?? [];
  return {
    metrics: parseMetrics(values),
    tracing: values.tracing || modelHosts.length > 0 ? { modelHosts } : undefined,
    accessLog: values["access-log"] ?? false,
  };
}

/** Flags and settings together. What a flag says counts. */
export function withSettings(
  { metrics, tracing, accessLog }: TelemetryArguments,
  settings: TelemetrySettings,
): TelemetryArguments {
  const modelHosts = [...(settings.tracing?.modelHosts ?? []), ...(tracing?.modelHosts ?? [])];
  return {
    accessLog,
    metrics: metrics || settings.metrics ? { ...settings.metrics, ...metrics } : undefined,
    tracing: tracing || settings.tracing ? { modelHosts } : undefined,
  };
}

function parseMetrics(values: Values): TelemetryArguments["metrics"] {
  const { metrics, "metrics-port": port, "metrics-host": host } = values;
  if (port === undefined) {
    if (host !== undefined) throw new UsageError("--metrics-host: needs --metrics-port", "serve");
    return metrics ? {} : undefined;
  }
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) {
    const given = JSON.stringify(port);
    throw new UsageError(`--metrics-port: expected a number from 0 to 65535, got ${given}`, "serve");
  }
  return { port: number, ...(host !== undefined && { host }) };
}
