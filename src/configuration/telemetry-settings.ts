import type { Settings } from "./reference-settings.ts";

/** Figures and traces of a server, as far as the settings say. Their packages are up to the program that makes it. */
export interface TelemetrySettings {
  /** Where figures for Prometheus are served: the route of the server, or a port. undefined for none. */
  readonly metrics: { readonly port?: number; readonly host?: string } | undefined;
  /** Traces for OpenTelemetry, and the hosts of models at which they go on. undefined for none. */
  readonly tracing: { readonly modelHosts: readonly string[] } | undefined;
}

/**
 * A port is enough to have figures, and a host of models to have traces. `OH_METRICS=0` and `OH_TRACING=0` switch them
 * off.
 */
export function telemetrySettings(settings: Settings): TelemetrySettings {
  const { metrics_port: port, metrics_host: host, tracing_model_hosts: modelHosts = [] } = settings;
  const { metrics = port !== undefined, tracing = modelHosts.length > 0 } = settings;
  return {
    metrics: metrics ? { ...(port !== undefined && { port }), ...(host && { host }) } : undefined,
    tracing: tracing ? { modelHosts } : undefined,
  };
}
