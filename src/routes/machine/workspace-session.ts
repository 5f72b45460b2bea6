import { SESSION_KEY_HEADER } from "../../http/admission/authentication.ts";
import type { SessionTokens } from "../../http/admission/session-tokens.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";

/** Name of the cookie, as in the reference. */
export const WORKSPACE_COOKIE = "oh_workspace_session_key";

/** Milliseconds that a session lasts. Clients ask for a new one when they open a conversation. */
export const WORKSPACE_SESSION_LIFETIME = 7 * 24 * 60 * 60 * 1000;

export interface WorkspaceSessionDeps {
  tokens: SessionTokens;
  /** Path below which browsers see the server, such as `/agents`; empty for the root. */
  publicPath: string;
}

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "::1"]);

const sessionRoute = group({
  prefix: "/api/auth/workspace-session",
  tags: ["Auth"],
  auth: "key",
  access: "read",
});

/**
 * `/api/auth/workspace-session`: a cookie for frames and images of a web page, which cannot send a header. It is sent
 * to and accepted by the workspace files of conversations only, and holds a separate value instead of the key.
 */
export function workspaceSessionRoutes({ tokens, publicPath }: WorkspaceSessionDeps): Route[] {
  const cookie = (request: Request, value: string, maxAge: number) => {
    const attributes = [
      `${WORKSPACE_COOKIE}=${value}`,
      "HttpOnly",
      `Max-Age=${maxAge}`,
      `Path=${publicPath}/api/conversations`,
      "SameSite=none",
      // Browsers take both from secure pages and from this machine only, and drop the cookie elsewhere.
      ...(isSecure(request) ? ["Secure", "Partitioned"] : []),
    ];
    return { "set-cookie": attributes.join("; "), "cache-control": "no-store" };
  };
  return [
    sessionRoute({
      method: "POST",
      path: "",
      id: "create_workspace_session",
      summary: `Exchange the key (${SESSION_KEY_HEADER}) for a cookie that opens workspace files`,
      cors: "any-origin",
      responses: { 204: { description: "The cookie is set" } },
    }).handle(async ({ request, caller }) => ({
      status: 204,
      headers: cookie(request, await tokens.issue(caller), WORKSPACE_SESSION_LIFETIME / 1000),
    })),

    sessionRoute({
      method: "DELETE",
      path: "",
      id: "delete_workspace_session",
      summary: "Take the cookie back",
      cors: "any-origin",
      responses: { 204: { description: "The cookie is gone" } },
    }).handle(({ request }) => ({ status: 204, headers: cookie(request, "", 0) })),
  ];
}

/** Whether the browser counts the page as secure. A proxy in front says how it was asked. */
function isSecure(request: Request): boolean {
  const { protocol, hostname } = new URL(request.url);
  const scheme = firstValue(request.headers.get("x-forwarded-proto")) || protocol.replace(":", "");
  if (scheme.toLowerCase() === "https") return true;
  const host = firstValue(request.headers.get("x-forwarded-host"));
  return LOOPBACK_HOSTS.has(withoutPort(host || hostname).toLowerCase());
}

function firstValue(header: string | null): string {
  return (header ?? "").split(",")[0]?.trim() ?? "";
}

function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  if (bracketed !== undefined) return bracketed;
  return host.split(":").length === 2 ? (host.split(":")[0] ?? "") : host;
}
