import { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { type InitRequest, type InitStatus, initRequest, initStatus } from "../../wire/init/init.ts";
import { errorBody } from "../../wire/validation-error.ts";

/** A server that is configured after its start. */
export interface DeferredStart {
  status(): InitStatus;
  /**
   * Rejects with `bad_request` unless the server is dormant, with `unprocessable` for an empty key, and with `internal`
   * when it cannot be configured: it is dormant again then.
   */
  initialize(request: InitRequest): Promise<InitStatus>;
}

export interface InitDeps {
  /** undefined for a server that is configured at its start. */
  deferred: DeferredStart | undefined;
  /** Whether a key may configure the server. */
  isInitKey(candidate: string | null, peerAddress: string | undefined): boolean;
}

const INIT_KEY_HEADER = "X-Init-API-Key";

const initRoute = group({ prefix: "/api/init", tags: ["Init"], auth: "open" });

/** Builds the routes of a server that is configured after its start. They have a separate key. */
export function initRoutes({ deferred, isInitKey }: InitDeps): Route[] {
  const post = initRoute({
    method: "POST",
    path: "",
    id: "initialize_server",
    summary: "Configure a dormant server",
    headers: { [INIT_KEY_HEADER]: "The secret key with which the server was started" },
    body: initRequest,
    responses: {
      200: { description: "The server is ready", body: initStatus },
      400: { description: "It is not dormant", body: errorBody },
      401: { description: "Another key", body: errorBody },
      404: { description: "It was configured at its start", body: errorBody },
    },
  }).handle(async ({ body }) => ({ status: 200, body: await (deferred ?? unavailable()).initialize(body) }));
  return [
    initRoute({
      method: "GET",
      path: "",
      id: "get_init_status",
      summary: "Whether the server is configured",
      responses: {
        200: { description: "Where it stands", body: initStatus },
        404: { description: "It was configured at its start", body: errorBody },
      },
    }).handle(async () => ({ status: 200, body: (deferred ?? unavailable()).status() })),
    {
      ...post,
      admit({ headers }, { peerAddress }) {
        if (!isInitKey(headers.get(INIT_KEY_HEADER), peerAddress))
          return new AgentServerError("unauthorized");
        return deferred === undefined ? notServed() : undefined;
      },
    },
  ];
}

function unavailable(): never {
  throw notServed();
}

function notServed(): AgentServerError {
  return new AgentServerError(
    "not_found",
    "server is not running with deferred_init=True; the /api/init endpoint is not available",
  );
}
