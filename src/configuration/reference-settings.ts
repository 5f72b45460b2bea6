import { z } from "zod";
import { KEY_REFRESH_VARIABLES } from "./key-refresh.ts";

/** The syntax of a setting in an environment variable. */
type SettingType = "text" | "list" | "objects" | "number" | "boolean";

export interface Setting {
  type: SettingType;
  schema: z.ZodType;
  /** Fields of objects that have variables, and the syntax of each. Default: none. */
  fields?: Readonly<Record<string, "text" | "number" | "json">>;
}

const text = z.string().nullable();
const seconds = z.number().positive().nullable();
const marketplace = z.object({
  name: z.string(),
  source: z.string(),
  ref: text.default(null),
  repo_path: text.default(null),
  auto_load: z.union([z.boolean(), z.array(z.string())]).default(false),
});

const count = z.int().min(1);
const webhook = z.object({
  base_url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Not in the reference, whose requests are not signed. */
  secret: text.default(null),
  event_buffer_size: count.optional(),
  flush_delay: z.number().positive().optional(),
  num_retries: z.int().min(0).optional(),
  retry_delay: z.int().min(0).optional(),
  max_queue_size: count.optional(),
  max_batch_bytes: count.optional(),
  max_queue_bytes: count.optional(),
  /** Not in the reference, whose queues are in memory. */
  max_total_bytes: count.optional(),
});

/** Supported settings by the reference's names. Their variables are `OH_` and the name in capitals. */
export const SETTINGS = {
  session_api_keys: { type: "list", schema: z.array(z.string()) },
  secret_key: { type: "text", schema: text },
  previous_secret_keys: { type: "list", schema: z.array(z.string()) },
  allow_cors_origins: { type: "list", schema: z.array(z.string()) },
  allow_cors_origin_regex: { type: "text", schema: text },
  conversations_path: { type: "text", schema: z.string().min(1) },
  workspace_path: { type: "text", schema: z.string().min(1) },
  conversation_worktree_root: { type: "text", schema: z.string().min(1) },
  web_url: { type: "text", schema: text },
  app_backend_public_url: { type: "text", schema: text },
  trust_forwarded_headers: { type: "boolean", schema: z.boolean() },
  conversation_idle_ttl_seconds: { type: "number", schema: seconds },
  bash_events_retention_seconds: { type: "number", schema: z.int().positive().nullable() },
  /** Another runtime stops the start: what is meant for a container must not run on the machine itself. */
  conversation_runtime: { type: "text", schema: z.literal("local", { error: "only 'local' is served" }) },
  enable_browser: { type: "boolean", schema: z.boolean() },
  enable_vscode: { type: "boolean", schema: z.boolean() },
  vscode_port: { type: "number", schema: z.int().min(1).max(65535) },
  vscode_base_path: { type: "text", schema: text },
  registered_marketplaces: { type: "objects", schema: z.array(marketplace) },
  /** Off by default, unlike in the reference: a start stays light. */
  preload_tools: { type: "boolean", schema: z.boolean() },
  deferred_init: { type: "boolean", schema: z.boolean() },
  webhooks: {
    type: "objects",
    schema: z.array(webhook),
    fields: {
      ...{ base_url: "text", headers: "json", secret: "text", event_buffer_size: "number" },
      ...{ flush_delay: "number", num_retries: "number", retry_delay: "number" },
      ...{ max_queue_size: "number", max_batch_bytes: "number", max_queue_bytes: "number" },
      ...{ max_total_bytes: "number" },
    },
  },
  acp_skill_sourcing: { type: "text", schema: z.enum(["native", "openhands_managed"]) },
  max_concurrent_runs: { type: "number", schema: z.int().min(1) },
  /** Not in the reference, which has no queue. */
  max_queued_runs: { type: "number", schema: z.int().min(0) },
  /** Not in the reference, which has no clusters. */
  cluster: { type: "boolean", schema: z.boolean() },
  cluster_address: { type: "text", schema: text },
  cluster_placement: { type: "text", schema: z.enum(["pinned", "shared", "sandbox"]) },
  cluster_machine: { type: "text", schema: text },
  cluster_cut_runs: { type: "text", schema: z.enum(["continue", "mark"]) },
  /** Not in the reference, which has no figures, and sends traces of models by variables of its SDK. */
  metrics: { type: "boolean", schema: z.boolean() },
  metrics_port: { type: "number", schema: z.int().min(0).max(65535) },
  metrics_host: { type: "text", schema: text },
  tracing: { type: "boolean", schema: z.boolean() },
  tracing_model_hosts: { type: "list", schema: z.array(z.string()) },
  access_log: { type: "boolean", schema: z.boolean() },
  /** Not in the reference, which writes no audit. */
  audit_file: { type: "text", schema: z.string().min(1) },
  /** Not in the reference, whose server never ends by itself. */
  idle_shutdown_seconds: { type: "number", schema: seconds },
  /** Not in the reference, whose server has no budgets. */
  conversation_budget_cost: { type: "number", schema: z.number().positive() },
  conversation_budget_tokens: { type: "number", schema: z.int().positive() },
  conversation_budget_steps: { type: "number", schema: z.int().positive() },
  conversation_budget_seconds: { type: "number", schema: z.number().positive() },
} as const satisfies Record<string, Setting>;

/** Settings of the reference without an effect here. Using one causes a warning. */
export const UNSUPPORTED = [
  "bash_events_dir",
  "static_files_path",
  "conversation_runtime_selectable",
  "conversation_image",
  "conversation_image_has_browser",
  "conversation_container_memory",
  "conversation_container_cpus",
  "conversation_container_pids_limit",
  "conversation_container_startup_timeout",
  "conversation_storage_disk_budget",
  "conversation_storage_retention_days",
  "lease_ttl_seconds",
  "telemetry",
] as const;

/** `OH_` variables that are not settings. They are read elsewhere, or by other programs of the reference. */
export const OTHER_VARIABLES = [
  ...KEY_REFRESH_VARIABLES,
  "OH_INTERNAL_SERVER_URL",
  "OH_RUNTIME_IDLE_TIMEOUT_SECONDS",
  "OH_TERMINAL_PROCESS_PRIORITY",
  "OH_PERSISTENCE_DIR",
  "OH_EXTRA_PYTHON_PATH",
  "OH_TELEMETRY_CONSENT",
  "OH_TELEMETRY_CONSENT_MODE",
  "OH_RUNTIME_LAUNCHED_PROFILE",
  "OH_SANDBOXES_KEY",
] as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { [Name in SettingName]?: z.output<(typeof SETTINGS)[Name]["schema"]> };

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
