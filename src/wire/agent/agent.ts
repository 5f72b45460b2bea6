import { z } from "zod";
import { kindUnion } from "../kind-union.ts";
import { nullable, orElse } from "../nullable.ts";
import { secretsByName } from "../secret-limits.ts";
import { secretSource } from "../secret-source.ts";
import { llmConfig } from "./llm-config.ts";

export const toolSpec = z
  .object({
    name: z.string().min(1).describe("Registered tool name, for example terminal"),
    params: orElse(z.record(z.string(), z.unknown()), () => ({})),
  })
  .meta({ id: "Tool" });

const skill = z
  .object({
    name: z.string(),
    content: z.string(),
    trigger: nullable(z.looseObject({ type: z.string() })),
    source: nullable(z.string()),
    mcp_tools: nullable(z.record(z.string(), z.unknown())),
    inputs: z.array(z.record(z.string(), z.unknown())).default([]),
    is_agentskills_format: z.boolean().default(false),
    version: z.string().default("1.0.0"),
    description: nullable(z.string()),
    license: nullable(z.string()),
    compatibility: nullable(z.string()),
    metadata: nullable(z.record(z.string(), z.unknown())),
    allowed_tools: nullable(z.array(z.string())),
    disable_model_invocation: z.boolean().default(false),
    resources: nullable(z.looseObject({})),
  })
  .meta({ id: "Skill" });

export const agentContext = z
  .object({
    skills: z.array(skill).default([]),
    system_message_suffix: nullable(z.string()),
    user_message_suffix: nullable(z.string()),
    load_user_skills: z.boolean().default(false),
    load_public_skills: z.boolean().default(false),
    marketplace_path: z.string().nullable().default("marketplaces/default.json"),
    registered_marketplaces: z.array(z.looseObject({})).default([]),
    load_project_skills: z.boolean().default(false),
    load_memory: z.boolean().default(false),
    disabled_skills: z.array(z.string()).default([]),
    secrets: nullable(secretsByName(z.union([z.string(), secretSource]))),
    current_datetime: nullable(z.string()).describe(
      "ISO time shown to the model. Default: the time of creation",
    ),
  })
  .meta({ id: "AgentContext" });

const agentFields = {
  llm: llmConfig,
  tools: z.array(toolSpec).default([]),
  mcp_config: orElse(z.record(z.string(), z.unknown()), () => ({})),
  filter_tools_regex: nullable(z.string()),
  include_default_tools: z.array(z.string()).default(["FinishTool", "ThinkTool"]),
  agent_context: nullable(agentContext),
  system_prompt: nullable(z.string()),
  system_prompt_filename: z.string().default("system_prompt.j2"),
  security_policy_filename: z.string().nullable().default("security_policy.j2"),
  system_prompt_kwargs: z.record(z.string(), z.unknown()).default({ llm_security_analyzer: true }),
  condenser: nullable(z.looseObject({ kind: z.string() })),
  critic: nullable(z.looseObject({ kind: z.string() })),
  tool_concurrency_limit: z.int().min(1).default(1),
};

const codeAgent = z.object({ ...agentFields, kind: z.literal("Agent") }).meta({ id: "Agent" });

/** The agent of a conversation. Without `kind` it is an `Agent`; ACP agents are not served. */
export const agent = kindUnion([codeAgent], {
  base: "openhands.sdk.agent.base.AgentBase",
  fallback: "Agent",
});

/** An agent with its defaults filled in. */
export type Agent = z.output<typeof codeAgent>;
/** Skills and texts added to an agent's prompt. */
export type AgentContext = z.output<typeof agentContext>;
/** Instructions that enter the prompt always or when their trigger matches. */
export type Skill = z.output<typeof skill>;
/** The name and the parameters of a tool that an agent asks for. */
export type ToolSpec = z.output<typeof toolSpec>;
