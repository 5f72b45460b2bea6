import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Route, route } from "../http/route/route.ts";
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
  /** After so many seconds without activity the host of this process may stop it. */
  idleTimeoutSeconds: number | null;
}

/** Part of the idle time-out that a single command may last, so that it does not look like idleness. */
const FOREGROUND_SHARE = 0.9;

const status = z.object({ status: z.literal("ok") }).meta({ id: "Status" });
const ready = z.object({ status: z.literal("ready") }).meta({ id: "Ready" });
const notReady = z
  .object({ status: z.literal("initializing"), message: z.string() })
  .meta({ id: "NotReady" });

const OK = JSON.stringify({ status: "ok" });
const READY = JSON.stringify({ status: "ready" });
const NOT_READY = JSON.stringify({ status: "initializing", message: "Server is still initializing" });

const common = { method: "GET", tags: ["Server Details"], auth: "open" } as const;
const health = { description: "The server answers", body: status };
const details = { description: "What this server is and how long it has been idle", body: serverInfo };

/** What can be asked of a server before anything else; none of it needs a key. */
export function serverRoutes(deps: ServerRoutesDeps): Route[] {
  return [
    route({ ...common, path: "/alive", id: "alive", summary: "Alive", responses: { 200: health } }).handle(
      () => ({
        status: 200,
        json: OK,
      }),
    ),
    route({ ...common, path: "/health", id: "health", summary: "Health", responses: { 200: health } }).handle(
      () => ({
        status: 200,
        json: OK,
      }),
    ),
    route({
      ...common,
      path: "/ready",
      id: "ready",
      summary: "Whether start-up has finished",
      responses: {
        200: { description: "Start-up has finished", body: ready },
        503: { description: "Start-up goes on", body: notReady },
      },
    }).handle(() => (deps.ready() ? { status: 200, json: READY } : { status: 503, json: NOT_READY })),
    route({
      ...common,
      path: "/server_info",
      id: "get_server_info",
      summary: "Version, uptime and abilities",
      responses: { 200: details },
    }).handle(() => ({ status: 200, body: describeServer(deps) })),
    route({
      ...common,
      path: "/",
      id: "root",
      summary: "The same as /server_info",
      responses: { 200: details },
    }).handle(() => ({ status: 200, body: describeServer(deps) })),
  ];
}

function describeServer(deps: ServerRoutesDeps): ServerInfo {
  const timeout = deps.idleTimeoutSeconds;
  return {
    uptime: Math.floor((deps.clock.now() - deps.startedAt()) / 1000),
    idle_time: Math.floor(deps.idleSeconds()),
    title: "OpenHands Agent Server",
    version: PROTOCOL_VERSION,
    sdk_version: PROTOCOL_VERSION,
    tools_version: PROTOCOL_VERSION,
    workspace_version: PROTOCOL_VERSION,
    build_git_sha: "unknown",
    build_git_ref: deps.packageVersion,
    python_version: `none (Node.js ${process.versions.node})`,
    usable_tools: deps.tools(),
    runtime_idle_timeout_seconds: timeout,
    capabilities: [],
    max_foreground_terminal_timeout_seconds: timeout === null ? null : timeout * FOREGROUND_SHARE,
    docs: "/docs",
    redoc: "/redoc",
  };
}
