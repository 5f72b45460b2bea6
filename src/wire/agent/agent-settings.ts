import { z } from "zod";
import { nullable, orElse } from "../nullable.ts";
import { agentContext, toolSpec } from "./agent.ts";
import { llmConfig } from "./llm-config.ts";

const condenserSettings = z.object({
  enabled: z.boolean().default(true),
  condenser_kind: z.enum(["llm_summarizing", "no_op"]).default("llm_summarizing"),
  max_size: z.int().min(20).default(240),
  max_tokens: nullable(z.int()),
  keep_first: z.int().min(0).default(2),
  minimum_progress: z.number().default(0.1),
  hard_context_reset_max_retries: z.int().default(5),
  hard_context_reset_context_scaling: z.number().default(0.8),
});

/** Settings from which the server builds an agent. Unknown keys are ignored. */
export const agentSettings = z
  .object({
    schema_version: z.int().optional(),
    agent_kind: z.enum(["openhands", "llm"]).default("openhands"),
    llm: llmConfig,
    tools: nullable(z.array(toolSpec)).describe("null selects the default set"),
    enable_sub_agents: z.boolean().default(false),
    enable_switch_llm_tool: z.boolean().default(true),
    tool_concurrency_limit: z.int().min(1).default(1),
    mcp_config: orElse(z.record(z.string(), z.unknown()), () => ({})),
    agent_context: nullable(agentContext),
    condenser: condenserSettings.prefault({}),
  })
  .meta({ id: "AgentSettings" });

export type AgentSettings = z.output<typeof agentSettings>;
