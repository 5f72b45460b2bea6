import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable, orElse } from "../nullable.ts";
import { secretString } from "../secret-source.ts";
import { agentContext, toolSpec } from "./agent.ts";
import { llmConfig } from "./llm-config.ts";
import { lenientMcpConfig } from "./mcp-server.ts";
import { withoutRetired } from "./retired-settings.ts";

const SCHEMA_VERSION = 9;

const share = z.number().gt(0).lt(1);
const condenserShared = { enabled: z.boolean().default(true) };

const summarisingSettings = z
  .object({
    condenser_kind: z.literal("llm_summarizing").default("llm_summarizing"),
    ...condenserShared,
    max_size: z.int().min(20).default(240),
    max_tokens: nullable(z.int().gt(0)),
    keep_first: z.int().min(0).default(2),
    minimum_progress: share.default(0.1),
    hard_context_reset_max_retries: z.int().gt(0).default(5),
    hard_context_reset_context_scaling: share.default(0.8),
  })
  .meta({ id: "LLMSummarizingCondenserSettings" });

const noOpSettings = z
  .object({ condenser_kind: z.literal("no_op"), ...condenserShared })
  .meta({ id: "NoOpCondenserSettings" });

/** Settings of a condenser. Those without a kind are of the summarising one. */
const condenserSettings = z.preprocess(
  (input) => (isObject(input) ? { condenser_kind: "llm_summarizing", ...input } : input),
  z.discriminatedUnion("condenser_kind", [summarisingSettings, noOpSettings]),
);

const verificationSettings = z
  .object({
    critic_enabled: z.boolean().default(false),
    critic_mode: z.enum(["finish_and_message", "all_actions"]).default("finish_and_message"),
    enable_iterative_refinement: z.boolean().default(false),
    critic_threshold: z.number().min(0).max(1).default(0.6),
    max_refinement_iterations: z.int().min(1).default(3),
    critic_server_url: nullable(z.string()),
    critic_model_name: nullable(z.string()),
    critic_api_key: secretString,
  })
  .meta({ id: "VerificationSettings" });

/** Settings from which the server builds an agent. Unknown keys are ignored. */
export const agentSettings = z
  .preprocess(
    withoutRetired,
    z.object({
      schema_version: z.int().min(1).max(SCHEMA_VERSION).default(SCHEMA_VERSION),
      agent_kind: z.enum(["openhands", "llm"]).default("openhands"),
      agent: z.string().default("CodeActAgent").describe("Has no effect"),
      llm: llmConfig,
      tools: nullable(z.array(toolSpec)).describe("null selects the default set"),
      enable_classify_and_switch_llm_tool: z.boolean().default(false),
      active_meta_profile: nullable(z.string()),
      meta_profile: nullable(z.looseObject({})),
      meta_profile_llms: z.record(z.string(), llmConfig).default({}),
      tool_concurrency_limit: z.int().min(1).default(1),
      mcp_config: orElse(lenientMcpConfig, () => ({})),
      persona: nullable(z.string().min(1).max(65_536)),
      agent_context: nullable(agentContext),
      condenser: condenserSettings.prefault({}),
      verification: verificationSettings.prefault({}),
    }),
  )
  .meta({ id: "AgentSettings" });

export type AgentSettings = z.output<typeof agentSettings>;
