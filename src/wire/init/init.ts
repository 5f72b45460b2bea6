import { z } from "zod";
import { nullable } from "../nullable.ts";
import { webhookSpec } from "./webhook-spec.ts";

/** Where a server stands that is configured after its start. */
export const initState = z.enum(["dormant", "initializing", "ready"]);

const telemetrySpec = z
  .object({
    deployment_kind: z.enum(["local", "remote"]).default("local"),
    exporter: z.enum(["none", "posthog", "http"]).default("none"),
    posthog_api_key: nullable(z.string()),
    posthog_host: z.string().default("https://us.i.posthog.com"),
    http_endpoint: nullable(z.string()),
    http_token: nullable(z.string()),
    salt: nullable(z.string()),
    max_queue_size: z.int().min(1).default(1_000),
    event_buffer_size: z.int().min(1).default(20),
    flush_delay: z.number().positive().default(30),
    num_retries: z.int().min(0).default(2),
    retry_delay: z.number().min(0).default(5),
  })
  .meta({ id: "TelemetrySpec" });

/** The configuration that a dormant server is given. What is left out stays as it was at the start. */
export const initRequest = z
  .strictObject({
    session_api_keys: nullable(z.array(z.string())),
    secret_key: nullable(z.string()),
    previous_secret_keys: nullable(z.array(z.string())),
    conversations_path: nullable(z.string()),
    bash_events_dir: nullable(z.string()),
    conversation_worktree_root: nullable(z.string()),
    webhooks: nullable(z.array(webhookSpec)),
    web_url: nullable(z.string()),
    allow_cors_origins: nullable(z.array(z.string())),
    max_concurrent_runs: nullable(z.int().min(1)),
    env: nullable(z.record(z.string(), z.string())),
    telemetry: nullable(telemetrySpec),
  })
  .meta({ id: "InitRequest" });

export const initStatus = z
  .object({
    state: initState,
    error: nullable(z.string()).describe("Why the last attempt has failed"),
  })
  .meta({ id: "InitStatus" });

/** Where a server stands that is configured after its start. */
export type InitState = z.output<typeof initState>;
/** The configuration that a dormant server is given. */
export type InitRequest = z.output<typeof initRequest>;
/** Where a server stands, and why the last attempt to configure it has failed. */
export type InitStatus = z.output<typeof initStatus>;
