import { AgentServerError, messageOf } from "../errors.ts";
import { isObject } from "../is-object.ts";
import type { VscodeOptions } from "../server/editor/vscode-options.ts";
import type { ServerOptions } from "../server/options.ts";
import { type ClusterSettings, clusterOption, clusterSettings } from "./cluster-settings.ts";
import { keyRefreshFrom } from "./key-refresh.ts";
import { type Environment, settingFromEnvironment } from "./parse-environment.ts";
import {
  isSettingName,
  OTHER_VARIABLES,
  SETTINGS,
  type SettingName,
  type Settings,
  UNSUPPORTED,
} from "./reference-settings.ts";
import { type TelemetrySettings, telemetrySettings } from "./telemetry-settings.ts";

/** Sources of the configuration. */
export interface ConfigurationSources {
  /** Variables, for example `process.env`. */
  environment: Environment;
  /** Text of a config file, and its path for error texts. Default: no file. */
  file?: { path: string; text: string };
}

/** Options of a server, read from the reference's settings. */
export interface Configuration {
  /** Options for `createServer`. */
  options: ServerOptions;
  /**
   * What the settings say of a cluster. `options` has it if it is wanted and complete: without an address, `cluster` is
   * absent there.
   */
  cluster: ClusterSettings;
  /** Figures and traces as the settings say. `options` has none of them: they need packages. */
  telemetry: TelemetrySettings;
  /** Notes for the operator, one sentence each. */
  warnings: string[];
}

/**
 * Reads the reference's settings. In order of precedence: `OH_*` variables, the JSON in `OH`, the config file,
 * `SESSION_API_KEY`. Unknown settings become warnings.
 *
 * @throws AgentServerError `bad_request` for an invalid value. Its text names the source and what was expected.
 *
 * @example
 * ```ts
 * const { options, warnings } = loadConfiguration({ environment: process.env });
 * const server = createServer(options);
 * ```
 */
export function loadConfiguration({ environment, file }: ConfigurationSources): Configuration {
  const warnings: string[] = [];
  const raw: Record<string, unknown> = {
    ...(file ? objectFrom(file.text, file.path) : {}),
    ...(environment.OH === undefined ? {} : objectFrom(environment.OH, "OH")),
  };
  warnAboutKeys(Object.keys(raw), warnings);
  warnAboutVariables(Object.keys(environment), warnings);
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const value = settingFromEnvironment(name, environment);
    if (value !== undefined) raw[name] = value;
  }
  const keyRefresh = keyRefreshFrom(environment, warnings);
  const settings = validate(raw);
  const options = { ...toOptions(settings, environment), ...(keyRefresh && { keyRefresh }) };
  if (options.secretKey === undefined && settings.previous_secret_keys?.length) {
    warnings.push("previous_secret_keys: without a secret key, this setting has no effect");
  }
  return {
    ...{ options, warnings },
    cluster: clusterSettings(settings),
    telemetry: telemetrySettings(settings),
  };
}

function objectFrom(text: string, origin: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentServerError("bad_request", `${origin}: not valid JSON (${messageOf(error)})`);
  }
  if (isObject(value)) return value;
  throw new AgentServerError("bad_request", `${origin}: expected a JSON object`);
}

function validate(raw: Record<string, unknown>): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!isSettingName(name)) continue;
    const result = SETTINGS[name].schema.safeParse(value);
    if (!result.success) {
      throw new AgentServerError(
        "bad_request",
        `${name}: ${result.error.issues[0]?.message ?? "invalid value"}`,
      );
    }
    settings[name] = result.data;
  }
  return settings;
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

function toOptions(settings: Settings, environment: Environment): ServerOptions {
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

function warnAboutKeys(keys: string[], warnings: string[]): void {
  for (const key of keys) {
    if (isSettingName(key)) continue;
    const isUnsupported = (UNSUPPORTED as readonly string[]).includes(key);
    warnings.push(isUnsupported ? `${key}: this setting has no effect` : `${key}: unknown setting, ignored`);
  }
}

function warnAboutVariables(variables: string[], warnings: string[]): void {
  for (const variable of variables) {
    if (!variable.startsWith("OH_") || (OTHER_VARIABLES as readonly string[]).includes(variable)) continue;
    const name = variable.slice("OH_".length).toLowerCase();
    // The longest name decides: `conversation_runtime_selectable` is not a field of `conversation_runtime`.
    const setting = settingOf(name, [...Object.keys(SETTINGS), ...UNSUPPORTED]);
    if (setting !== undefined && isSettingName(setting)) continue;
    const isUnsupported = setting !== undefined;
    warnings.push(
      isUnsupported ? `${variable}: this setting has no effect` : `${variable}: unknown variable, ignored`,
    );
  }
}

/** Finds the setting of a variable. The variable is the setting's name, alone or with `_0`, a field or `_is_none`. */
function settingOf(name: string, settings: readonly string[]): string | undefined {
  return settings
    .filter((setting) => name === setting || name.startsWith(`${setting}_`))
    .sort((a, b) => b.length - a.length)[0];
}
