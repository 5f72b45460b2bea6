import type { InitRequest } from "../../wire/init/init.ts";
import type { WebhookSpec } from "../../wire/init/webhook-spec.ts";
import type { ServerOptions } from "../options.ts";
import type { WebhookOptions } from "../webhooks/webhook-options.ts";

/** Variables with keys of the server itself, which commands do not get. */
const OWN_KEYS = /^(OH_SECRET_KEY|OH_PREVIOUS_SECRET_KEYS|OH_SESSION_API_KEYS|SESSION_API_KEY)/;

/** The name of a variable: no system allows more. */
const NAME = /^[^=\0]+$/;

/** The options of a server with what it was given later. What is left out stays. */
export function initializedOptions(base: ServerOptions, request: InitRequest): ServerOptions {
  const { session_api_keys: apiKeys, webhooks, env } = request;
  const secretKey = secretKeyOf(base, request);
  const given: ServerOptions = {
    ...(apiKeys && { apiKeys }),
    ...(secretKey !== undefined && { secretKey }),
    ...(request.previous_secret_keys && { previousSecretKeys: previousKeysOf(request, secretKey) }),
    ...(request.conversations_path && { conversationsPath: request.conversations_path }),
    ...(request.conversation_worktree_root && { worktreeRoot: request.conversation_worktree_root }),
    ...(webhooks && { webhooks: webhooks.map(toWebhookOptions) }),
    ...(request.web_url && { webUrl: request.web_url }),
    ...(request.allow_cors_origins && { corsOrigins: request.allow_cors_origins }),
    ...(request.max_concurrent_runs && { maxConcurrentRuns: request.max_concurrent_runs }),
  };
  return { ...base, ...given, ...(env && variablesOf(base, env)), deferredInit: false };
}

/** Parts of a request that have no effect here, a sentence for each. */
export function ignoredParts({ bash_events_dir: bash, telemetry }: InitRequest): string[] {
  return [
    ...(bash === null
      ? []
      : ["bash_events_dir: events of bash commands are in the store of the conversations"]),
    ...(telemetry === null || telemetry.exporter === "none"
      ? []
      : ["telemetry: this server has none, and sends nothing"]),
  ];
}

/** A blank key is as good as none; without any, the first session key takes its place. */
function secretKeyOf(base: ServerOptions, request: InitRequest): string | undefined {
  if (request.secret_key?.trim()) return request.secret_key;
  return base.secretKey ?? request.session_api_keys?.[0];
}

function previousKeysOf(
  { previous_secret_keys: keys }: InitRequest,
  secretKey: string | undefined,
): string[] {
  return [...new Set(keys)].filter((key) => key.trim() !== "" && key !== secretKey);
}

/** Variables for the server and for the commands of agents, which get no keys of the server. */
function variablesOf(base: ServerOptions, env: Record<string, string>): ServerOptions {
  const wrong = Object.entries(env).find(([name, value]) => !NAME.test(name) || value.includes("\0"));
  if (wrong !== undefined) throw new TypeError(`env: ${JSON.stringify(wrong[0])} cannot be a variable`);
  const ofCommands = Object.entries(env).filter(([name]) => !OWN_KEYS.test(name));
  return {
    environment: { ...(base.environment ?? process.env), ...env },
    commandEnvironment: { ...base.commandEnvironment, ...Object.fromEntries(ofCommands) },
  };
}

function toWebhookOptions(spec: WebhookSpec): WebhookOptions {
  return {
    baseUrl: spec.base_url,
    headers: spec.headers,
    secret: spec.secret,
    eventBufferSize: spec.event_buffer_size,
    flushDelay: spec.flush_delay,
    numRetries: spec.num_retries,
    retryDelay: spec.retry_delay,
    maxQueueSize: spec.max_queue_size,
    maxBatchBytes: spec.max_batch_bytes,
    maxQueueBytes: spec.max_queue_bytes,
  };
}
