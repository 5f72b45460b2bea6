import type { Logger } from "../logger.ts";
import type { Observer, RequestBegun, RequestEnded, SocketBegun, WorkWatch } from "./observer.ts";

/** Routes that probes ask every few seconds. */
const PROBES: ReadonlySet<string> = new Set(["/alive", "/health", "/ready", "/metrics"]);

/**
 * Writes a line for each request, for each refused upgrade, and for each socket when it opens and closes. Lines hold the
 * template of the route: paths may name files, and queries may hold keys. Probes that are answered well are written for
 * debugging only.
 */
export function accessLog(logger: Logger): Observer {
  return {
    request: (begun) => watchRequest(begun, logger),
    socket: (begun) => watchSocket(begun, logger),
  };
}

function watchRequest(begun: RequestBegun, logger: Logger): WorkWatch<RequestEnded> {
  const began = performance.now();
  return {
    ended(end) {
      // The socket has separate lines.
      if (end.status === 101) return;
      const isProbe = begun.route !== undefined && PROBES.has(begun.route) && end.status < 400;
      logger[isProbe ? "debug" : "info"](
        {
          method: begun.method,
          route: begun.route ?? null,
          status: end.status,
          milliseconds: sinceRounded(began),
          bytes: end.bytes ?? null,
          principal: end.principalId ?? null,
          peer: begun.peerAddress ?? null,
          request_id: begun.requestId,
        },
        begun.isUpgrade ? "Upgrade refused" : "Request",
      );
    },
  };
}

function watchSocket(
  { route, principalId, requestId }: SocketBegun,
  logger: Logger,
): WorkWatch<{ code: number }> {
  const began = performance.now();
  const about = { route, principal: principalId ?? null, request_id: requestId };
  logger.info(about, "Socket opened");
  return {
    ended: ({ code }) => logger.info({ ...about, code, milliseconds: sinceRounded(began) }, "Socket closed"),
  };
}

function sinceRounded(began: number): number {
  return Math.round((performance.now() - began) * 100) / 100;
}
