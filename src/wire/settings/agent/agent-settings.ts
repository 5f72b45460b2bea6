import { z } from "zod";
import { isObject } from "../../../is-object.ts";
import { agentContext } from "../../agent/agent-context.ts";
import { toolSpec } from "../../agent/agent-fields.ts";
import { DEFAULT_MODEL, llmConfig } from "../../agent/llm-config.ts";
import { mcpServers } from "../../agent/mcp-server.ts";
import { nullable } from "../../nullable.ts";
import { metaProfile } from "../meta-profile.ts";
import {
  AGENT_SETTINGS_VERSION,
  migrateRequestedAgentSettings,
  migrateStoredAgentSettings,
} from "../migrations/agent-settings.ts";
import { MigrationError } from "../migrations/migrate.ts";
import { acpSettings } from "./acp-settings.ts";
import { condenserSettings } from "./condenser-settings.ts";
import { verificationSettings } from "./verification-settings.ts";

/** Settings of an agent that this server runs itself. Unknown keys are ignored. */
export const openHandsSettings = z
  .object({
    schema_version: z.int().min(1).max(AGENT_SETTINGS_VERSION).default(AGENT_SETTINGS_VERSION),
    agent_kind: z.literal("openhands").default("openhands"),
    agent: z.string().default("CodeActAgent").describe("Has no effect"),
    llm: llmConfig.prefault({ model: DEFAULT_MODEL }),
    tools: nullable(z.array(toolSpec)).describe("null selects the default set"),
    enable_classify_and_switch_llm_tool: z.boolean().default(false),
    active_meta_profile: nullable(z.string()),
    meta_profile: nullable(metaProfile),
    meta_profile_llms: z.record(z.string(), llmConfig).default({}),
    tool_concurrency_limit: z.int().min(1).default(1),
    mcp_config: mcpServers.default({}),
    persona: nullable(z.string().min(1).max(65_536)),
    agent_context: agentContext.prefault({}),
    condenser: condenserSettings.prefault({}),
    verification: verificationSettings.prefault({}),
  })
  .meta({ id: "AgentSettings" });

const variants = z.discriminatedUnion("agent_kind", [openHandsSettings, acpSettings]);

function readWith(migrate: (input: unknown) => Record<string, unknown>) {
  return z.preprocess((input, context) => {
    if (!isObject(input)) return input;
    try {
      return { agent_kind: "openhands", ...migrate(input) };
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      context.addIssue({ code: "custom", message: `Value error, ${error.message}`, path: [] });
      return z.NEVER;
    }
  }, variants);
}

/** Settings from which the server builds an agent, as a request has them. */
export const agentSettings = readWith(migrateRequestedAgentSettings);

/** Settings of an agent from the store, of any version up to the present one. */
export const storedAgentSettings = readWith(migrateStoredAgentSettings);

export type OpenHandsSettings = z.output<typeof openHandsSettings>;
export type AcpSettings = z.output<typeof acpSettings>;
export type AgentSettings = OpenHandsSettings | AcpSettings;
