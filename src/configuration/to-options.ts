import { auditFile } from "../node/audit/audit-file.ts";
import type { VscodeOptions } from "../server/editor/vscode-options.ts";
import type { ServerOptions } from "../server/options.ts";
import { clusterOption, clusterSettings } from "./cluster-settings.ts";
import type { Environment } from "./parse-environment.ts";
import type { Settings } from "./reference-settings.ts";

/** Makes the options of a server of the settings, and of some other variables. */
export function toOptions(settings: Settings, environment: Environment): ServerOptions {
  const alias = environment.SESSION_API_KEY || undefined;
  // An empty key is dropped: it would admit every caller that shows an empty one.
  const apiKeys = (settings.session_api_keys ?? (alias === undefined ? [] : [alias])).filter((key) => key);
  const secretKey = secretKeyOf(settings, environment);
  return {
    apiKeys,
    environment,
    internalUrl: environment.OH_INTERNAL_SERVER_URL,
    ...(environment.OH_PERSISTENCE_DIR ? { userDir: environment.OH_PERSISTENCE_DIR } : {}),
    ...publicExtensionsOf(environment),
    ...(settings.registered_marketplaces && { marketplaces: settings.registered_marketplaces }),
    dockerHost: environment.DOCKER_HOST_ADDR,
    idleTimeoutSeconds: secondsFrom(environment.OH_RUNTIME_IDLE_TIMEOUT_SECONDS),
    ...(isNone(environment.OH_TERMINAL_PROCESS_PRIORITY) ? { terminalPriority: "normal" } : {}),
    ...(secretKey === undefined ? {} : { secretKey, previousSecretKeys: previousKeys(settings, secretKey) }),
    ...(settings.conversations_path == null ? {} : { conversationsPath: settings.conversations_path }),
    ...(settings.conversation_worktree_root == null
      ? {}
      : { worktreeRoot: settings.conversation_worktree_root }),
    ...(settings.workspace_path == null ? {} : { gatewayWorkspace: settings.workspace_path }),
    ...clusterOf(settings),
    ...(settings.web_url ? { webUrl: settings.web_url } : {}),
    ...(settings.app_backend_public_url ? { appBackendPublicUrl: settings.app_backend_public_url } : {}),
    ...(settings.trust_forwarded_headers ? { trustForwardedHeaders: true } : {}),
    ...(settings.allow_cors_origins == null ? {} : { corsOrigins: settings.allow_cors_origins }),
    ...(settings.allow_cors_origin_regex == null
      ? {}
      : { corsOriginRegex: settings.allow_cors_origin_regex }),
    ...(settings.bash_events_retention_seconds === undefined
      ? {}
      : { bashEventsRetentionSeconds: settings.bash_events_retention_seconds }),
    ...(settings.enable_browser === false ? { browser: false } : {}),
    vscode: vscodeOf(settings, apiKeys.length > 0),
    ...(settings.acp_skill_sourcing && { acpSkillSourcing: settings.acp_skill_sourcing }),
    ...(settings.max_concurrent_runs === undefined
      ? {}
      : { maxConcurrentRuns: settings.max_concurrent_runs }),
    ...webhooksOf(settings),
    ...(settings.access_log && { accessLog: true }),
    ...(settings.audit_file !== undefined && { audit: auditFile({ path: settings.audit_file }) }),
    ...(settings.preload_tools && { preloadTools: true }),
    ...(settings.idle_shutdown_seconds != null && { idleShutdownSeconds: settings.idle_shutdown_seconds }),
    ...(settings.deferred_init && { deferredInit: deferredInitOf(settings, secretKey) }),
    ...(settings.max_queued_runs === undefined ? {} : { maxQueuedRuns: settings.max_queued_runs }),
    ...budgetsOf(settings),
    ...(settings.conversation_idle_ttl_seconds === undefined
      ? {}
      : { idleTtlSeconds: settings.conversation_idle_ttl_seconds }),
  };
}

/** A local copy of the public extensions, or another version of them. */
function publicExtensionsOf({ EXTENSIONS_PATH, EXTENSIONS_REF }: Environment): Partial<ServerOptions> {
  if (!EXTENSIONS_PATH && !EXTENSIONS_REF) return {};
  return {
    publicExtensions: {
      ...(EXTENSIONS_PATH && { source: EXTENSIONS_PATH }),
      ...(EXTENSIONS_REF && { ref: EXTENSIONS_REF }),
    },
  };
}

function clusterOf(settings: Settings): Pick<ServerOptions, "cluster"> {
  const cluster = clusterOption(clusterSettings(settings));
  return cluster === undefined ? {} : { cluster };
}

function webhooksOf({ webhooks = [] }: Settings): Pick<ServerOptions, "webhooks"> {
  if (webhooks.length === 0) return {};
  return {
    webhooks: webhooks.map((one) => ({
      ...{ baseUrl: one.base_url, headers: one.headers, secret: one.secret },
      ...(one.event_buffer_size !== undefined && { eventBufferSize: one.event_buffer_size }),
      ...(one.flush_delay !== undefined && { flushDelay: one.flush_delay }),
      ...(one.num_retries !== undefined && { numRetries: one.num_retries }),
      ...(one.retry_delay !== undefined && { retryDelay: one.retry_delay }),
      ...(one.max_queue_size !== undefined && { maxQueueSize: one.max_queue_size }),
      ...(one.max_batch_bytes !== undefined && { maxBatchBytes: one.max_batch_bytes }),
      ...(one.max_queue_bytes !== undefined && { maxQueueBytes: one.max_queue_bytes }),
      ...(one.max_total_bytes !== undefined && { maxTotalBytes: one.max_total_bytes }),
    })),
  };
}

function budgetsOf(settings: Settings): Pick<ServerOptions, "budgets"> {
  const {
    conversation_budget_cost: cost,
    conversation_budget_tokens: tokens,
    conversation_budget_steps: steps,
    conversation_budget_seconds: seconds,
  } = settings;
  const limits = Object.entries({ cost, tokens, steps, seconds }).filter(([, limit]) => limit !== undefined);
  return limits.length === 0 ? {} : { budgets: { conversation: Object.fromEntries(limits) } };
}

/** Like the command, it is open to other machines only where there are keys. */
function vscodeOf(settings: Settings, hasKeys: boolean): VscodeOptions | null {
  const { enable_vscode: isEnabled = true, vscode_port: port, vscode_base_path: basePath } = settings;
  if (!isEnabled) return null;
  return {
    host: hasKeys ? "0.0.0.0" : "127.0.0.1",
    ...(port !== undefined && { port }),
    ...(basePath && { basePath }),
  };
}

/** A blank key is as good as none, so that the session key takes its place. Null asks for none. */
function secretKeyOf({ secret_key: key }: Settings, environment: Environment): string | undefined {
  if (key === null) return undefined;
  const own = key?.trim() === "" ? undefined : key;
  return own ?? (environment.SESSION_API_KEY || environment.OH_SESSION_API_KEYS_0 || undefined);
}

/** A key that was set and is blank opens nothing: no one can show it. */
function deferredInitOf(
  { secret_key: key }: Settings,
  secretKey: string | undefined,
): ServerOptions["deferredInit"] {
  return secretKey === undefined && key != null ? { key: null } : true;
}

/** Blank keys and repetitions are dropped, as in the reference. */
function previousKeys({ previous_secret_keys: keys = [] }: Settings, secretKey: string): string[] {
  return [...new Set(keys)].filter((key) => key.trim() !== "" && key !== secretKey);
}

function isNone(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === "none";
}

/** Returns null for text that is not a number, as the reference does. */
function secondsFrom(text: string | undefined): number | null {
  const seconds = Number(text);
  return text === undefined || !Number.isFinite(seconds) ? null : seconds;
}
