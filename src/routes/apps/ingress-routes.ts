import { AgentServerError } from "../../errors.ts";
import { cookieValue } from "../../http/admission/credentials.ts";
import { group } from "../../http/route/group.ts";
import { lazyRoute, type Route } from "../../http/route/route.ts";
import { type SocketRoute, socketRoute } from "../../http/sockets/socket-route.ts";
import { appSessionResponse, canvasParams } from "../../wire/extensions/canvas.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { AppDeps } from "./app-deps.ts";
import { APP_SESSION_LIFETIME } from "./app-sessions.ts";
import { APP_COOKIE } from "./ingress.ts";

const ROOT = "/app-backends/{extension_name}";
const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Pages of back ends keep their origin, which is that of no other page of the server. */
const IFRAME_SANDBOX = "allow-forms allow-modals allow-popups allow-same-origin allow-scripts";

const sessionRoute = group({
  prefix: `${ROOT}/session`,
  tags: ["Canvas App Backends"],
  auth: "key",
  access: "admin",
});

/** `/app-backends/{name}`: the way of browsers to a back end, opened by the key and kept open by a cookie. */
export function ingressRoutes({ origin, sessions, ingress, backends }: AppDeps): Route[] {
  const cookie = (name: string, value: string, maxAge: number) => ({
    "set-cookie": [
      `${APP_COOKIE}=${value}`,
      "HttpOnly",
      `Max-Age=${maxAge}`,
      `Path=${origin.publicPath}/app-backends/${name}`,
      "SameSite=none",
      "Secure",
      "Partitioned",
    ].join("; "),
    "cache-control": "no-store",
  });
  return [
    sessionRoute
      .lazy(
        {
          method: "POST",
          path: "",
          id: "create_app_backend_session_endpoint",
          summary: "Open a back end to the browser that asks, by a cookie",
        },
        () => ({
          params: canvasParams(),
          responses: {
            200: {
              description: "The address for a frame. It holds no credential",
              body: appSessionResponse(),
            },
            401: { description: "The key is missing or wrong", body: errorBody },
            403: { description: "The page may not ask", body: errorBody },
            409: { description: "The page is at the origin of back ends", body: errorBody },
            503: { description: "The back end is not ready, or browsers may not reach any", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name }, request }) => {
        origin.checkControl(request);
        const port = (await backends()).readyPort(name);
        if (port === null) throw new AgentServerError("unavailable", "Canvas App backend is not ready");
        origin.checkSecure(request);
        const { token, session } = sessions.create(name, port);
        return {
          status: 200,
          headers: cookie(name, token, APP_SESSION_LIFETIME / 1000),
          body: {
            ingress_url: `${origin.publicUrl}/app-backends/${name}/`,
            expires_at: new Date(session.expiresAt).toISOString(),
            iframe_sandbox: IFRAME_SANDBOX,
          },
        };
      }),

    sessionRoute
      .lazy(
        {
          method: "DELETE",
          path: "",
          id: "delete_app_backend_session_endpoint",
          summary: "Close a back end to the browser that asks",
        },
        () => ({
          params: canvasParams(),
          responses: {
            204: { description: "The cookie is gone" },
            401: { description: "The key is missing or wrong", body: errorBody },
            403: { description: "The page may not ask", body: errorBody },
            409: { description: "The page is at the origin of back ends", body: errorBody },
            503: { description: "Browsers may not reach any back end", body: errorBody },
          },
        }),
      )
      .handle(({ params: { extension_name: name }, request }) => {
        origin.checkControl(request);
        origin.checkSecure(request);
        sessions.revokeToken(cookieValue(request, APP_COOKIE));
        return { status: 204, headers: cookie(name, '""', 0) };
      }),

    ...[ROOT, `${ROOT}/{path:path}`].flatMap((path) =>
      METHODS.map((method) =>
        lazyRoute(
          {
            ...{ method, path, hidden: true, auth: "open", tags: ["Canvas App Backends"] },
            waitsForInit: true,
            id: "proxy_app_backend_http_endpoint",
            summary: "Pass a request on to a back end",
          },
          () => ({ params: canvasParams(), responses: {} }),
        ).handle(({ params: { extension_name: name }, request }) => ingress.answer(name, request)),
      ),
    ),
  ];
}

/** The sockets of back ends. */
export function ingressSockets({ ingress }: Pick<AppDeps, "ingress">): SocketRoute[] {
  return [ROOT, `${ROOT}/{path:path}`].map((path) =>
    socketRoute({
      ...{ path, auth: "open", cors: "any-origin", params: canvasParams() },
      id: "proxy_app_backend_websocket_endpoint",
      summary: "Bridge a socket to a back end",
    }).handle(({ params, request }) => ingress.connect(params.extension_name, request)),
  );
}
