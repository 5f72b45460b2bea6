import { z } from "zod";
import { acpFileSecrets } from "../../agent/acp/acp-file-secrets.ts";
import { agentContext } from "../../agent/agent-context.ts";
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
    acp_file_secrets: acpFileSecrets,
    agent_context: nullable(agentContext),
  })
  .meta({ id: "ACPAgentSettings" });
