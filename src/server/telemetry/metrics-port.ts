import { createHttpCore } from "../../http/http-core.ts";
import { isLoopbackHost } from "../../loopback.ts";
import { type Listening, listen } from "../../node/listen.ts";
import { metricsRoutes } from "../../routes/metrics/metrics.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { PROTOCOL_VERSION } from "../../wire/server-info.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/**
 * Serves the figures on a separate port. On loopback, pages of other origins in a browser of this machine are kept
 * out, as from a server without keys.
 *
 * @throws Error if the address cannot be bound. Its message says what to change.
 */
export async function listenForMetrics(
  metrics: Metrics,
  { port, host }: { port: number; host: string },
  { logger, clock }: Pick<ResolvedOptions, "logger" | "clock">,
): Promise<Listening> {
  const core = createHttpCore({
    routes: metricsRoutes(metrics, "open"),
    sockets: [],
    keys: [],
    keyless: isLoopbackHost(host) ? "loopback" : "anyone",
    allowedHosts: [],
    cors: { origins: [] },
    logger,
    newId: clock.newId,
    now: clock.now,
    version: PROTOCOL_VERSION,
  });
  const listening = await listen({ ...core, close: async () => {} }, { port, host });
  logger.info({ url: `${listening.url}/metrics` }, "Serving metrics");
  return listening;
}
