import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable, orElse } from "../nullable.ts";
import { agentContext } from "./agent-context.ts";
import { condenser } from "./condensers.ts";
import { critic } from "./critics.ts";
import { llmConfig } from "./llm-config.ts";
import { mcpConfig } from "./mcp-server.ts";

export const toolSpec = z
  .object({
    name: z
      .string()
      .refine((name) => name !== "", "Value error, Tool name cannot be empty")
      .describe("Registered tool name, for example terminal"),
    params: orElse(z.record(z.string(), z.unknown()), () => ({})),
  })
  .meta({ id: "Tool" });

/** The name and the parameters of a tool that an agent asks for. */
export type ToolSpec = z.output<typeof toolSpec>;

export const DEFAULT_PROMPT = "system_prompt.j2";

/** Adds the analyzer's switch, which is on unless a client turns it off, and drops a retired one. */
function promptSettings(input: unknown): unknown {
  if (!isObject(input)) return input ?? promptSettings({});
  const { enable_browser: _retired, ...settings } = input;
  return { ...settings, llm_security_analyzer: settings.llm_security_analyzer ?? true };
}

/** The fields that agents of every kind have. */
export const agentFields = {
  llm: llmConfig,
  tools: z.array(toolSpec).default([]),
  mcp_config: orElse(mcpConfig, () => ({})),
  filter_tools_regex: nullable(z.string()),
  include_default_tools: z.array(z.string()).default(["FinishTool", "ThinkTool"]),
  agent_context: nullable(agentContext),
  system_prompt: nullable(z.string()),
  system_prompt_filename: z.string().default(DEFAULT_PROMPT),
  security_policy_filename: orElse(z.string(), () => "").default("security_policy.j2"),
  system_prompt_kwargs: z
    .preprocess(promptSettings, z.record(z.string(), z.unknown()))
    .default({ llm_security_analyzer: true }),
  condenser: nullable(condenser),
  critic: nullable(critic),
  tool_concurrency_limit: z.int().min(1).default(1),
};
