import { z } from "zod";
import type { Clock } from "../clock.ts";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import { PROTOCOL_VERSION, type ServerInfo, serverInfo } from "../wire/server-info.ts";

export interface ServerRoutesDeps {
  clock: Clock;
  /** Milliseconds since 1970. */
  startedAt: () => number;
  /** Seconds since the last activity. */
  idleSeconds: () => number;
  ready: () => boolean;
  /** Names of the tools this host can run. */
  tools: () => string[];
  packageVersion: string;
  /** The runtime of this process, such as `Node.js 24.1.0`. */
  runtime: string;
  /** Seconds without activity after which the host of this process may stop it; null for never. */
  idleTimeoutSeconds: number | null;
  /** Where conversations run. */
  conversationRuntime: "local" | "docker";
  /** URL at which browsers reach back ends of extensions. null where they do not. */
  appBackendUrl: string | null;
}

/** Share of the idle time-out that a single command may last, so that it does not look like idleness. */
const FOREGROUND_SHARE = 0.9;

/** The abilities that clients switch features on by. Only those that are whole. */
const CAPABILITIES = [
  "conversation_runtime_routes_v1",
  "profile_secret_scope_v1",
  "profile_persona_v1",
  "credential_binding_v1",
  "credential_binding_readiness_probe_v1",
  "credential_binding_activation_guard_v1",
  "idempotent_conversation_create_v1",
  "tool_catalog_v1",
  "agent_profile_draft_materialize_v1",
  "agent_launch_pipeline_v1",
  "profile_public_skills_v1",
  "skill_catalog_v1",
] as const;

/** Where browsers reach back ends of extensions. Comes last. */
const APP_CAPABILITY = "canvas_app_backend_bridge_v1";

const status = z.object({ status: z.literal("ok") }).meta({ id: "HealthStatus" });
const ready = z.object({ status: z.literal("ready") }).meta({ id: "Ready" });
const notReady = z
  .object({ status: z.literal("initializing"), message: z.string() })
  .meta({ id: "NotReady" });

const OK = JSON.stringify({ status: "ok" });
const READY = JSON.stringify({ status: "ready" });
const NOT_READY = JSON.stringify({ status: "initializing", message: "Server is still initializing" });

const serverRoute = group({ prefix: "", tags: ["Server Details"], auth: "open" });
const health = { 200: { description: "The server answers", body: status } };
const details = {
  200: { description: "Version, abilities and idle time of this server", body: serverInfo },
};

/** Builds the routes that clients call first. None of them requires a key. */
export function serverRoutes(deps: ServerRoutesDeps): Route[] {
  return [
    serverRoute({ method: "GET", path: "/alive", id: "alive", summary: "Alive", responses: health }).handle(
      () => ({ status: 200, json: OK }),
    ),
    serverRoute({
      method: "GET",
      path: "/health",
      id: "health",
      summary: "Health",
      responses: health,
    }).handle(() => ({ status: 200, json: OK })),
    serverRoute({
      method: "GET",
      path: "/ready",
      id: "ready",
      summary: "Whether start-up has finished",
      responses: {
        200: { description: "Start-up has finished", body: ready },
        503: { description: "Start-up goes on", body: notReady },
      },
    }).handle(() => (deps.ready() ? { status: 200, json: READY } : { status: 503, json: NOT_READY })),
    serverRoute({
      method: "GET",
      path: "/server_info",
      id: "get_server_info",
      summary: "Version, uptime and abilities",
      responses: details,
    }).handle(() => ({ status: 200, body: describeServer(deps) })),
    serverRoute({
      method: "GET",
      path: "/",
      id: "get_server_info",
      summary: "The same as /server_info",
      responses: details,
    }).handle(() => ({ status: 200, body: describeServer(deps) })),
  ];
}

function describeServer(deps: ServerRoutesDeps): ServerInfo {
  const timeout = deps.idleTimeoutSeconds;
  return {
    uptime: Math.max(0, Math.floor((deps.clock.now() - deps.startedAt()) / 1000)),
    idle_time: Math.floor(deps.idleSeconds()),
    title: "OpenHands Agent Server",
    version: PROTOCOL_VERSION,
    sdk_version: PROTOCOL_VERSION,
    tools_version: PROTOCOL_VERSION,
    workspace_version: PROTOCOL_VERSION,
    build_git_sha: "unknown",
    build_git_ref: deps.packageVersion,
    python_version: `none (${deps.runtime})`,
    usable_tools: deps.tools(),
    runtime_idle_timeout_seconds: timeout,
    conversation_runtime: deps.conversationRuntime,
    available_conversation_runtimes: deps.conversationRuntime === "local" ? [] : [deps.conversationRuntime],
    capabilities: [...CAPABILITIES, ...(deps.appBackendUrl === null ? [] : [APP_CAPABILITY])],
    app_backend_ingress_url: deps.appBackendUrl,
    max_foreground_terminal_timeout_seconds: timeout === null ? null : timeout * FOREGROUND_SHARE,
    docs: "/docs",
    redoc: "/redoc",
  };
}
