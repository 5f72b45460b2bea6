import type { TelemetrySettings } from "../../configuration/telemetry-settings.ts";
import type { Observer } from "../../observing/observer.ts";
import type { ServerOptions } from "../../server/options.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

/**
 * What watches the server of the command. Its packages are not installed with the command.
 *
 * @throws Error that says what to install or to start with
 */
export async function telemetryOptions({
  metrics,
  tracing,
}: TelemetrySettings): Promise<Pick<ServerOptions, "metrics" | "observers">> {
  return {
    ...(metrics && { metrics: await openMetrics(metrics) }),
    ...(tracing && { observers: [await openTracing(tracing)] }),
  };
}

async function openMetrics(place: NonNullable<TelemetrySettings["metrics"]>): Promise<Metrics> {
  const { prometheus } = await import("../../telemetry/prometheus.ts");
  return prometheus(place);
}

/** Without an SDK every span would be lost, and nothing would say so. */
async function openTracing(options: NonNullable<TelemetrySettings["tracing"]>): Promise<Observer> {
  const { openTelemetry, isRegistered } = await import("./tracing.ts").catch((error: unknown) => {
    throw new Error("--tracing (OH_TRACING=1): needs the package @opentelemetry/api, and an SDK", {
      cause: error,
    });
  });
  if (isRegistered()) return openTelemetry(options);
  throw new Error(
    "--tracing (OH_TRACING=1): no SDK of OpenTelemetry is registered. Load one before the command, for example with " +
      "NODE_OPTIONS='--import @opentelemetry/auto-instrumentations-node/register'",
  );
}
