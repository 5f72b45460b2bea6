import { z } from "zod";
import { agentContext } from "../../agent/agent.ts";
import { mcpServers } from "../../agent/mcp-server.ts";
import { nullable } from "../../nullable.ts";
import { AGENT_SETTINGS_VERSION } from "../migrations/agent-settings.ts";

/** Programs that can be started by name; `custom` needs a command. */
export const ACP_SERVERS = [
  "claude-code",
  "codex",
  "gemini-cli",
  "kimi-code",
  "pi",
  "opencode",
  "custom",
] as const;

/** A secret whose value is the content of a file that the program reads. */
const fileSecret = z
  .object({
    secret_name: z.string(),
    filename: z.string(),
    env_var: z.string().describe("Variable that leads the program to the file"),
    subdir: z.string(),
    env_points_to: z.enum(["dir", "file"]).default("file"),
    warn_if_unset: z.array(z.string()).default([]).describe("Variables that the program needs as well"),
  })
  .meta({ id: "ACPFileSecretSpec" });

const FILE_SECRETS: readonly z.output<typeof fileSecret>[] = [
  {
    secret_name: "CODEX_AUTH_JSON",
    filename: "auth.json",
    env_var: "CODEX_HOME",
    subdir: "codex",
    env_points_to: "dir",
    warn_if_unset: [],
  },
  {
    secret_name: "GOOGLE_APPLICATION_CREDENTIALS_JSON",
    filename: "gcloud-credentials.json",
    env_var: "GOOGLE_APPLICATION_CREDENTIALS",
    subdir: "gemini-cli",
    env_points_to: "file",
    warn_if_unset: ["GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"],
  },
  {
    secret_name: "KIMI_CODE_CONFIG_TOML",
    filename: "config.toml",
    env_var: "KIMI_CODE_HOME",
    subdir: "kimi-code",
    env_points_to: "dir",
    warn_if_unset: [],
  },
  {
    secret_name: "PI_AUTH_JSON",
    filename: "auth.json",
    env_var: "PI_CODING_AGENT_DIR",
    subdir: "pi",
    env_points_to: "dir",
    warn_if_unset: [],
  },
];

/** Settings of an agent that is another program, spoken to by the Agent Client Protocol. */
export const acpSettings = z
  .object({
    schema_version: z.int().min(1).max(AGENT_SETTINGS_VERSION).default(AGENT_SETTINGS_VERSION),
    agent_kind: z.literal("acp").default("acp"),
    acp_server: z.enum(ACP_SERVERS).default("claude-code"),
    acp_command: z.array(z.string()).default([]),
    acp_args: z.array(z.string()).default([]),
    acp_model: nullable(z.string()),
    acp_session_mode: nullable(z.string()),
    acp_prompt_timeout: z.number().gt(0).default(1_800).describe("Seconds without any sign of the program"),
    acp_startup_timeout: z.number().gt(0).default(90).describe("Seconds"),
    mcp_config: mcpServers.default({}),
    acp_isolate_data_dir: z.boolean().default(false),
    acp_file_secrets: z.array(fileSecret).default(() => structuredClone([...FILE_SECRETS])),
    agent_context: nullable(agentContext),
  })
  .meta({ id: "ACPAgentSettings" });
