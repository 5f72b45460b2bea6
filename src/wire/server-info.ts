import { z } from "zod";

/**
 * The version of the wire protocol, shown as `version`. Clients gate features on it and accept only a plain X.Y.Z.
 * The version of this package is in `build_git_ref`.
 */
export const PROTOCOL_VERSION = "1.58.2";

export const serverInfo = z
  .object({
    uptime: z.int().describe("Seconds since start"),
    idle_time: z.int().describe("Seconds since the last activity"),
    title: z.string(),
    version: z.string(),
    sdk_version: z.string(),
    tools_version: z.string(),
    workspace_version: z.string(),
    build_git_sha: z.string(),
    build_git_ref: z.string(),
    python_version: z.string(),
    usable_tools: z.array(z.string()),
    runtime_idle_timeout_seconds: z.number().nullable(),
    conversation_runtime: z.enum(["local", "docker"]),
    available_conversation_runtimes: z
      .array(z.enum(["local", "docker"]))
      .describe("Runtimes that a start request may ask for by name; empty where only this machine is served"),
    capabilities: z.array(z.string()),
    app_backend_ingress_url: z.string().nullable(),
    max_foreground_terminal_timeout_seconds: z.number().nullable(),
    docs: z.string(),
    redoc: z.string(),
  })
  .meta({ id: "ServerInfo" });

/** Body of `GET /server_info`. */
export type ServerInfo = z.output<typeof serverInfo>;
