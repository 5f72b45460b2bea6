import type { Observer } from "../../observing/observer.ts";
import type { ServerOptions } from "../../server/options.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { MetricsArguments, TelemetryArguments } from "../arguments/parse-telemetry.ts";

/**
 * What watches the server of the command. Its packages are not installed with the command.
 *
 * @throws Error that says what to install or to start with
 */
export async function telemetryOptions({
  metrics,
  tracing,
  accessLog,
}: TelemetryArguments): Promise<Pick<ServerOptions, "metrics" | "observers" | "accessLog">> {
  return {
    accessLog,
    ...(metrics && { metrics: await openMetrics(metrics) }),
    ...(tracing && { observers: [await openTracing()] }),
  };
}

async function openMetrics(place: MetricsArguments): Promise<Metrics> {
  const { prometheus } = await import("../../telemetry/prometheus.ts");
  return prometheus(place);
}

/** Without an SDK every span would be lost, and nothing would say so. */
async function openTracing(): Promise<Observer> {
  const { openTelemetry, isRegistered } = await import("./tracing.ts").catch((error: unknown) => {
    throw new Error("--tracing: needs the package @opentelemetry/api, and an SDK", { cause: error });
  });
  if (isRegistered()) return openTelemetry();
  throw new Error(
    "--tracing: no SDK of OpenTelemetry is registered. Load one before the command, for example with " +
      "NODE_OPTIONS='--import @opentelemetry/auto-instrumentations-node/register'",
  );
}
