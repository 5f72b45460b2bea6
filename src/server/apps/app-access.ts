import { AgentServerError, closingError } from "../../errors.ts";
import type { AppBackends } from "../../extensions/app-backends/app-backends.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import { createCors } from "../../http/cors.ts";
import type { Stage } from "../../http/stages.ts";
import { once } from "../../once.ts";
import type { AppDeps } from "../../routes/apps/app-deps.ts";
import type { AppProxy } from "../../routes/apps/app-proxy.ts";
import { AppSessions } from "../../routes/apps/app-sessions.ts";
import { Ingress } from "../../routes/apps/ingress.ts";
import { IngressOrigin } from "../../routes/apps/ingress-origin.ts";
import { corsOptions } from "../options/cors-options.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** Extensions of Agent Canvas with their back ends, loaded when they are first asked for. */
export interface AppAccess extends AppDeps {
  /** Keeps the pages of back ends from the rest of the server. */
  readonly stage: Stage;
  /** Ends the back ends that were started. */
  close(): Promise<void>;
}

/** Gives access to the extensions of a server. */
export function appAccess(options: ResolvedOptions, place: () => Promise<ExtensionPlace>): AppAccess {
  const { clock, logger, appBackendPublicUrl: publicUrl } = options;
  let loaded: AppBackends | undefined;
  let isClosed = false;
  const backends = once(async () => {
    const { AppBackends } = await import("../../extensions/app-backends/app-backends.ts");
    const { appNetwork } = await import("../../outbound/apps/app-network.ts");
    if (isClosed) throw closingError("The server is closing");
    loaded = new AppBackends({ place, network: appNetwork(options.companyProxy) });
    return loaded;
  });
  const cors = createCors(corsOptions(options));
  const origin = new IngressOrigin({
    publicUrl,
    trustForwarded: options.trustForwardedHeaders,
    allowsOrigin: (page) => cors.allows(page, undefined),
  });
  const sessions = new AppSessions(clock);
  const readyPort = (name: string) => loaded?.readyPort(name) ?? null;
  return {
    ...{ place, backends, origin, sessions },
    ingress: new Ingress({ origin, sessions, proxy, readyPort, logger }),
    stage: isolation(origin),
    close: async () => {
      isClosed = true;
      await loaded?.close();
    },
  };
}

const proxy: AppProxy = {
  request: async (request) => {
    const { proxiedRequest } = await import("../../outbound/apps/proxied-request.ts");
    return proxiedRequest(request);
  },
  socket: async (request) => {
    const { proxiedSocket } = await import("../../outbound/apps/proxied-socket.ts");
    return proxiedSocket(request);
  },
};

/**
 * Back ends show their pages at an origin of this server. Those pages reach their back ends there and nothing else: the
 * web app could be served at that origin too, with the key in it, and files that a cookie opens.
 */
function isolation(origin: IngressOrigin): Stage {
  return async (request, next, { pathname }) => {
    if (!origin.isFromApp(request) || isBelowBackends(pathname)) return next();
    throw new AgentServerError("forbidden", "Pages of Canvas Apps may use /app-backends and nothing else");
  };
}

function isBelowBackends(pathname: string): boolean {
  return pathname.startsWith("/app-backends/");
}
