import type { ClusterSettings } from "../configuration/cluster-settings.ts";
import { messageOf } from "../errors.ts";
import type { CallerLimits } from "../limits/caller-limits.ts";
import { isLoopbackHost } from "../loopback.ts";
import { auditFile } from "../node/audit/audit-file.ts";
import { consoleLogger } from "../node/console-logger.ts";
import { type ClusterOptions, isWildcardHost } from "../server/cluster/cluster-options.ts";
import { type AgentServer, createServer } from "../server/create-server.ts";
import { DEFAULT_CONVERSATIONS_PATH } from "../server/options/resolved-options.ts";
import type { ServerOptions } from "../server/options.ts";
import type { UiOptions } from "../server/ui/ui-options.ts";
import type { Store } from "../stores/store.ts";
import { type TelemetryArguments, withSettings } from "./arguments/parse-telemetry.ts";
import type { WorkplaceArguments } from "./arguments/parse-workplace.ts";
import { UsageError } from "./arguments/usage-error.ts";
import { firstSteps } from "./first-steps.ts";
import { useGlobalProxy } from "./global-proxy.ts";
import { ownSecretKey } from "./own-secret-key.ts";
import { readConfiguration } from "./read-configuration.ts";
import type { StoreArguments } from "./store/command-store.ts";
import { networkOf, refuseOpenWorkplace, workplaceOptions } from "./workplace/open-workplace.ts";

/** Flags of the web app. */
export interface UiArguments {
  directory: string | undefined;
  open: boolean;
}

export interface ServeArguments extends WorkplaceArguments {
  host: string | undefined;
  port: number;
  dangerouslyAllowUnauthenticated: boolean;
  /** null: a database file. */
  store: StoreArguments | null;
  /** Goes over what the configuration says. */
  cluster: ClusterSettings;
  /** null: no pages for browsers but the documentation. */
  ui: UiArguments | null;
  inspector: boolean;
  telemetry: TelemetryArguments;
  /** Those of each principal; null: none. */
  limits: CallerLimits | null;
  /** File of the audit; null: that of the configuration, if it names one. */
  audit: string | null;
  warnings: string[];
}

/** Runs the server until SIGINT or SIGTERM. A second signal ends the process at once. */
export async function serve(args: ServeArguments): Promise<void> {
  const debug = Boolean(process.env.DEBUG);
  const logger = consoleLogger({ level: debug ? "debug" : "info" });
  const { options, cluster: settings, telemetry, warnings } = await readConfiguration();
  for (const warning of [...args.warnings, ...warnings]) logger.warn({}, warning);
  const { dangerouslyAllowUnauthenticated } = args;
  await useGlobalProxy(process.env, logger);
  refuseOpenWorkplace(args, options);
  const host = args.host ?? ((options.apiKeys ?? []).length > 0 ? "0.0.0.0" : "127.0.0.1");
  const cluster = clusterOf(args, settings, host);
  const server = createServer({
    ...options,
    referenceData: { settings: options.userDir ?? "~/.openhands" },
    keyless: "loopback",
    logger,
    dangerouslyAllowUnauthenticated,
    debug,
    inspector: args.inspector,
    ...(args.store && { store: await openStore(args.store) }),
    cluster,
    ...(args.ui && { ui: uiOptions(args.ui, { host, network: networkOf(args) }) }),
    ...(args.ui && { secretKey: await secretKeyForUi(options) }),
    ...(await workplaceOptions(args, options)),
    ...(await watchedBy(withSettings(args.telemetry, telemetry))),
    ...(args.limits && { limits: args.limits }),
    ...(args.audit !== null && { audit: auditFile({ path: args.audit }) }),
  });
  stopOnSignal(server);
  try {
    const { url } = await server.listen(args.port, host);
    exitAfter(server.closed);
    process.stdout.write(banner(url, server, args));
    // In a sandbox or container, relative working folders lie in its root.
    const folder = args.sandbox || args.container ? "tour" : undefined;
    if (server.options.apiKeyCount === 0) process.stdout.write(firstSteps(url, folder));
    if (args.ui?.open) await openBrowser(url);
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The part of the server in a cluster, by flags and settings together; undefined for a server alone. */
function clusterOf(
  { cluster: flags, port, sandboxes }: ServeArguments,
  settings: ClusterSettings,
  host: string,
): ClusterOptions | undefined {
  const { isWanted, address, ...more } = { ...settings, ...flags };
  const implied = sandboxes === null ? {} : { placement: "sandbox" as const };
  if (isWanted || settings.isWanted)
    return { ...implied, ...more, address: address ?? ownAddress(host, port) };
  if (Object.keys(more).length === 0) return undefined;
  throw new UsageError(
    "--placement, --machine and --cut-runs (OH_CLUSTER_PLACEMENT, …) need --cluster (OH_CLUSTER=1)",
    "serve",
  );
}

/** The address at which others reach this server. One that stands for all of a machine reaches none. */
function ownAddress(host: string, port: number): string {
  if (port !== 0 && !isWildcardHost(host)) return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  throw new Error(
    `--cluster: ${host}:${port} is no address at which other servers reach this one: name it with --address http://HOST:PORT`,
  );
}

/** A server whose store cannot be used does not start. */
async function openStore(store: StoreArguments): Promise<Store> {
  const { openPostgres } = await import("./store/command-store.ts");
  return openPostgres(store);
}

/** Agent Canvas starts no conversation on a server that cannot encrypt. */
async function secretKeyForUi({ secretKey, conversationsPath }: ServerOptions): Promise<string> {
  return secretKey ?? ownSecretKey(conversationsPath ?? DEFAULT_CONVERSATIONS_PATH);
}

/**
 * A server that only this machine reaches hands its key to the browser. Any other lets its users show theirs, and so
 * does one whose agents have a network in their sandbox: they could ask for the page, too.
 */
export function uiOptions(
  { directory }: UiArguments,
  { host, network }: { host: string; network: string },
): UiOptions {
  return {
    ...(directory !== undefined && { directory }),
    ...(isLoopbackHost(host) && network === "none" && { shareKey: "loopback" }),
  };
}

/** Loaded where something watches: a start has nothing of it otherwise. */
async function watchedBy(args: TelemetryArguments): Promise<Partial<ServerOptions>> {
  const log = args.accessLog ? { accessLog: true } : {};
  if (args.metrics === undefined && args.tracing === undefined) return log;
  const { telemetryOptions } = await import("./telemetry/telemetry.ts");
  return { ...log, ...(await telemetryOptions(args)) };
}

/** A machine without a browser still serves. */
async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import("open");
  try {
    await open(url);
  } catch (error) {
    process.stderr.write(`--open: ${messageOf(error)}\n`);
  }
}

function banner(url: string, server: AgentServer, { store, ui, sandbox, container }: ServeArguments): string {
  const { apiKeyCount, conversationsPath, hasSecretKey, inspector } = server.options;
  const keys =
    apiKeyCount > 0
      ? `${apiKeyCount} session key${apiKeyCount > 1 ? "s" : ""}, sent as X-Session-API-Key`
      : "none set: open to every program on this machine";
  const secrets = hasSecretKey
    ? "encrypted at rest"
    : "of settings in clear, of conversations not stored: set OH_SECRET_KEY to encrypt them";
  return [
    `Agent server   ${url}`,
    ...(ui ? [`Agent Canvas   ${url}/`] : []),
    ...(inspector ? [`Inspector      ${url}/inspector`] : []),
    `API docs       ${url}/docs`,
    ...(server.options.cluster
      ? [`Cluster        others reach this server at ${server.options.cluster.address}`]
      : []),
    `Keys           ${keys}`,
    `Conversations  ${conversationsPath}`,
    ...(store
      ? [`Store          Postgres${store.schema === undefined ? "" : `, schema ${store.schema}`}`]
      : []),
    `Secrets        ${secrets}`,
    ...(sandbox ? [`Sandbox        bubblewrap, network: ${sandbox.network}`] : []),
    ...(container
      ? [`Containers     ${container.engine}, image: ${container.image}, network: ${container.network}`]
      : []),
    "",
  ].join("\n");
}

function stopOnSignal(server: AgentServer): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
    process.stderr.write(`${signal}: stopping\n`);
    exitAfter(server.close());
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

function exitAfter(closed: Promise<void>): void {
  closed.then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`agent-server: ${messageOf(error)}\n`);
      process.exit(1);
    },
  );
}
