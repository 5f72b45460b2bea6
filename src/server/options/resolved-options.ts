import { absolutePath } from "../../absolute-path.ts";
import { systemClock } from "../../clock.ts";
import { assertBudgets } from "../../conversations/budgets/budget.ts";
import { DEFAULT_PUBLIC_SOURCE, type PublicSource } from "../../extensions/checkout/public-source.ts";
import { assertLimits } from "../../limits/caller-limits.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import { consoleLogger } from "../../node/console-logger.ts";
import { type CompanyProxy, companyProxyIn } from "../../outbound/company-proxy/company-proxy.ts";
import type { Webhook } from "../../webhooks/webhook.ts";
import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import { type ResolvedBrowser, resolveBrowser } from "../browser/browser-options.ts";
import { type ClusterOptions, resolveCluster } from "../cluster/cluster-options.ts";
import { type ResolvedVscode, resolveVscode } from "../editor/vscode-options.ts";
import type { ReferenceDataOptions, ServerOptions } from "../options.ts";
import { type ResolvedUi, resolveUi } from "../ui/ui-options.ts";
import { resolveWebhooks } from "../webhooks/webhook-options.ts";

/** Where conversations are kept, relative to the current folder. */
export const DEFAULT_CONVERSATIONS_PATH = "workspace/conversations";

/** Options with their defaults filled in. */
export type ResolvedOptions = Omit<
  ServerOptions,
  | "logger"
  | "browser"
  | "vscode"
  | "ui"
  | "publicExtensions"
  | "marketplaces"
  | "webhooks"
  | "deferredInit"
  | "cluster"
> & {
  /** Absolute path of `conversationsPath`, fixed at the start. */
  dataFolder: string;
  /** The source of what everyone is offered. */
  publicExtensions: PublicSource;
  /** The marketplaces that the operator registers. */
  marketplaces: readonly MarketplaceRegistration[];
  /** Data of the reference; false to leave it alone. */
  referenceData: ReferenceDataOptions | false;
  /** Receiver of reports. */
  logger: Logger;
  /** The cluster that this server is part of. null for a server alone. */
  cluster: ClusterOptions | null;
  /** The browser of agents. null for none. */
  browser: ResolvedBrowser | null;
  /** The editor that clients are offered. null for none. */
  vscode: ResolvedVscode | null;
  /** The key with which the server is configured later; undefined for `secretKey`. null for a server that is not. */
  deferredInit: { key?: string | null } | null;
  /** Receivers of what happens in conversations. */
  webhooks: readonly Webhook[];
  /** The web app that people are shown. null for none. */
  ui: ResolvedUi | null;
  /** The proxies of the environment, which may hold passwords. null for none. */
  companyProxy: CompanyProxy | null;
} & Required<
    Pick<
      ServerOptions,
      | "apiKeys"
      | "previousSecretKeys"
      | "conversationsPath"
      | "gatewayWorkspace"
      | "tools"
      | "corsOrigins"
      | "allowedHosts"
      | "appBackendPublicUrl"
      | "trustForwardedHeaders"
      | "inspector"
      | "idleTtlSeconds"
      | "idleTimeoutSeconds"
      | "idleShutdownSeconds"
      | "maxConcurrentRuns"
      | "maxQueuedRuns"
      | "bashEventsRetentionSeconds"
      | "maxBodyBytes"
      | "allowPrivateImageUrls"
      | "debug"
      | "clock"
      | "environment"
    >
  >;

const MIB = 1024 * 1024;

/** Fills in the defaults. Throws TypeError for invalid options. */
export function resolveOptions(options: ServerOptions): ResolvedOptions {
  const apiKeys = options.apiKeys ?? [];
  if (apiKeys.some((key) => typeof key !== "string" || key === "")) {
    throw new TypeError("apiKeys: every key must be a string that is not empty");
  }
  requireCredentials({ ...options, apiKeys });
  const { conversationsPath = DEFAULT_CONVERSATIONS_PATH } = options;
  if (options.webUrl !== undefined && !URL.canParse(options.webUrl)) {
    throw new TypeError("webUrl: must be a URL such as https://example.com/agents");
  }
  const { maxConcurrentRuns = 10, maxQueuedRuns = 0 } = options;
  if (!(maxConcurrentRuns >= 1)) throw new TypeError("maxConcurrentRuns: must be 1 or more");
  if (!Number.isSafeInteger(maxQueuedRuns) || maxQueuedRuns < 0) {
    throw new TypeError("maxQueuedRuns: must be a whole number, 0 or more");
  }
  checkRetryDelays(options.acpRetryDelays);
  if (![undefined, "native", "openhands_managed"].includes(options.acpSkillSourcing))
    throw new TypeError('acpSkillSourcing: must be "native" or "openhands_managed"');
  if (options.budgets !== undefined) assertBudgets(options.budgets);
  if (options.limits !== undefined) assertLimits(options.limits);
  const environment = options.environment ?? process.env;
  return {
    ...options,
    apiKeys,
    previousSecretKeys: previousKeysOf(options),
    conversationsPath,
    dataFolder: absolutePath(conversationsPath),
    gatewayWorkspace: options.gatewayWorkspace ?? "workspace/project",
    publicExtensions: { ...DEFAULT_PUBLIC_SOURCE, ...options.publicExtensions },
    marketplaces: (options.marketplaces ?? []).map((one) => ({
      ...{ ref: null, repo_path: null, auto_load: false },
      ...one,
    })),
    referenceData: options.referenceData ?? (options.store === undefined ? {} : false),
    tools: options.tools ?? [],
    cluster: resolveCluster(options),
    browser: options.browser === false ? null : resolveBrowser(options.browser ?? {}),
    vscode: options.vscode ? resolveVscode(options.vscode) : null,
    ui: options.ui ? resolveUi(options.ui) : null,
    deferredInit: deferredInitOf(options),
    webhooks: resolveWebhooks(options.webhooks ?? []),
    corsOrigins: options.corsOrigins ?? [],
    allowedHosts: options.allowedHosts ?? [],
    appBackendPublicUrl: publicUrlOf(options),
    trustForwardedHeaders: options.trustForwardedHeaders ?? false,
    inspector: inspectorOf(options),
    idleTtlSeconds: options.idleTtlSeconds === undefined ? 1200 : options.idleTtlSeconds,
    idleTimeoutSeconds: options.idleTimeoutSeconds ?? null,
    idleShutdownSeconds: secondsOf("idleShutdownSeconds", options.idleShutdownSeconds),
    maxConcurrentRuns,
    maxQueuedRuns,
    bashEventsRetentionSeconds: secondsOf("bashEventsRetentionSeconds", options.bashEventsRetentionSeconds),
    maxBodyBytes: options.maxBodyBytes ?? 32 * MIB,
    allowPrivateImageUrls: options.allowPrivateImageUrls ?? false,
    debug: options.debug ?? false,
    logger: toLogger(options.logger),
    clock: options.clock ?? systemClock,
    environment,
    companyProxy: companyProxyIn(environment),
  };
}

/** Refuses a server that just anyone could configure. */
function deferredInitOf({
  deferredInit = false,
  ...options
}: ServerOptions): ResolvedOptions["deferredInit"] {
  if (deferredInit === false) return null;
  const resolved = deferredInit === true ? {} : deferredInit;
  const hasKey = resolved.key !== undefined || options.secretKey !== undefined;
  if (!hasKey && options.keyless === undefined && !options.dangerouslyAllowUnauthenticated) {
    throw new TypeError("deferredInit: needs a key: set secretKey, or `key`");
  }
  return resolved;
}

function previousKeysOf({ secretKey, previousSecretKeys = [] }: ServerOptions): string[] {
  if (previousSecretKeys.some((key) => typeof key !== "string" || key === "")) {
    throw new TypeError("previousSecretKeys: every key must be a string that is not empty");
  }
  if (previousSecretKeys.length > 0 && secretKey === undefined) {
    throw new TypeError("previousSecretKeys: secretKey must be set, too");
  }
  return [...previousSecretKeys];
}

function inspectorOf({ inspector = false }: ServerOptions): boolean {
  if (typeof inspector !== "boolean") throw new TypeError("inspector: must be true or false");
  return inspector;
}

/** Without a slash at its end. */
function publicUrlOf({ appBackendPublicUrl: text = null, webUrl }: ServerOptions): string | null {
  if (text === null) return null;
  const url = URL.parse(text);
  if (url !== null && webUrl && URL.parse(webUrl)?.origin === url.origin)
    throw new TypeError(
      "appBackendPublicUrl: must have another origin than webUrl, whose pages it could read",
    );
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username === "";
  if (isPlain) return text.replace(/\/+$/, "");
  throw new TypeError("appBackendPublicUrl: must be an http or https URL such as https://apps.example.com");
}

/** Milliseconds: an hour. */
const LONGEST_DELAY = 3_600_000;

function checkRetryDelays(delays: ServerOptions["acpRetryDelays"] = []): void {
  const isDelay = (delay: number) => delay >= 0 && delay <= LONGEST_DELAY;
  if (Array.isArray(delays) && delays.length <= 20 && delays.every(isDelay)) return;
  throw new TypeError(
    `acpRetryDelays: must be a list of at most 20 numbers from 0 to ${LONGEST_DELAY} (milliseconds)`,
  );
}

function secondsOf(name: string, seconds: number | null = null): number | null {
  if (seconds === null || (Number.isFinite(seconds) && seconds > 0)) return seconds;
  throw new TypeError(`${name}: must be a number above 0, or null`);
}

function toLogger(logger: ServerOptions["logger"]): Logger {
  if (logger === "silent") return silentLogger;
  return logger ?? consoleLogger({ level: "warn", source: "agent-server" });
}

/** An empty list or a variable that is not set must not open the server by accident. */
function requireCredentials({ apiKeys = [], ...options }: ServerOptions): void {
  const { authenticate, keyless, dangerouslyAllowUnauthenticated } = options;
  if (keyless !== undefined && keyless !== "loopback") throw new TypeError('keyless: must be "loopback"');
  if (apiKeys.length > 0 || authenticate || keyless || dangerouslyAllowUnauthenticated) return;
  // The keys come later, and nothing is served without them before.
  if (options.deferredInit) return;
  throw new TypeError(
    'no key is set: pass apiKeys with at least one key, or authenticate, or keyless: "loopback" to serve programs of ' +
      "this machine without one",
  );
}
