import { accessLog } from "../../observing/access-log.ts";
import { Observers } from "../../observing/observers.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** All that watches a server: the log, so that its lines belong to the spans of the others, comes last. */
export function serverObservers(
  options: Pick<ResolvedOptions, "metrics" | "observers" | "accessLog" | "logger">,
): Observers {
  const { metrics, observers = [], logger } = options;
  const list = [
    ...(metrics ? [metrics] : []),
    ...observers,
    ...(options.accessLog ? [accessLog(logger)] : []),
  ];
  return new Observers(list, logger);
}
