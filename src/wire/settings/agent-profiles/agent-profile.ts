import { z } from "zod";
import { type ToolSpec, toolSpec } from "../../agent/agent-fields.ts";
import { uuid } from "../../ids.ts";
import { nullable } from "../../nullable.ts";
import { ACP_SERVERS } from "../agent/acp-settings.ts";
import { builtInClass, withoutDoubles } from "../agent/built-in-tools.ts";
import { condenserSettings } from "../agent/condenser-settings.ts";
import { AGENT_PROFILE_VERSION } from "../migrations/agent-profile.ts";

/** The one built-in tool that has parameters. */
const ROUTING = "ClassifyAndSwitchLLMTool";
/** The parameter of every tool. */
const OF_EVERY_TOOL = "response_schema";

/** How the work of an agent is rated. The key is that of the model. */
const verification = z
  .object({
    critic_enabled: z.boolean().default(false),
    critic_mode: z.enum(["finish_and_message", "all_actions"]).default("finish_and_message"),
    enable_iterative_refinement: z.boolean().default(false),
    critic_threshold: z.number().min(0).max(1).default(0.6),
    max_refinement_iterations: z.int().min(1).default(3),
    critic_server_url: nullable(z.string()),
    critic_model_name: nullable(z.string()),
  })
  .meta({ id: "ProfileVerificationSettings" });

const tools = z
  .array(toolSpec)
  .superRefine(refuseParams)
  .overwrite((specs) => withoutDoubles(specs));

/** The fields of every profile. What a list of names leaves out does not reach the conversation; null means all. */
const identity = <K extends "openhands" | "acp">(kind: K) => ({
  schema_version: z.int().min(1).default(AGENT_PROFILE_VERSION),
  agent_kind: z.literal(kind).default(kind as never),
  id: uuid.default(() => crypto.randomUUID()),
  name: z.string().min(1),
  revision: z.int().min(0).default(0).describe("Grows with each save"),
  mcp_server_refs: nullable(z.array(z.string())).describe("MCP servers of the settings; null for all"),
  secret_refs: nullable(z.array(z.string())).describe("Names of secrets; null for all"),
});

/** A profile of an agent that this server runs itself. It refers to its model, and has no secrets. */
export const openHandsProfile = z
  .strictObject({
    ...identity("openhands"),
    llm_profile_ref: z.string().min(1),
    agent: z.string().default("CodeActAgent").describe("Has no effect"),
    tools: nullable(tools).describe("null selects the default set"),
    persona: nullable(z.string().min(1).max(65_536)),
    system_message_suffix: nullable(z.string()),
    disabled_skills: z.array(z.string()).default([]),
    public_skills: nullable(z.array(z.string())).describe("null for all public ones"),
    condenser: condenserSettings.prefault({}),
    verification: verification.prefault({}),
    enable_classify_and_switch_llm_tool: z.boolean().default(false),
    meta_profile_ref: nullable(z.string().min(1)),
    tool_concurrency_limit: z.int().min(1).default(1),
  })
  .meta({ id: "OpenHandsAgentProfile" });

/** A profile of an agent that is another program. */
export const acpProfile = z
  .strictObject({
    ...identity("acp"),
    acp_server: z.enum(ACP_SERVERS).default("claude-code"),
    acp_model: nullable(z.string()),
    acp_session_mode: nullable(z.string()),
    acp_prompt_timeout: z.number().gt(0).default(1_800).describe("Seconds without any sign of the program"),
    acp_startup_timeout: z.number().gt(0).default(90).describe("Seconds"),
    acp_command: nullable(z.string()).describe("As in a shell"),
    acp_args: nullable(z.array(z.string())),
  })
  .meta({ id: "ACPAgentProfile" });

/** An agent as it is launched: references to a model, MCP servers, secrets and skills, and the agent's own settings. */
export const agentProfile = z.discriminatedUnion("agent_kind", [openHandsProfile, acpProfile]);

export type OpenHandsProfile = z.output<typeof openHandsProfile>;
export type AcpProfile = z.output<typeof acpProfile>;
export type AgentProfile = OpenHandsProfile | AcpProfile;

/** The schemas of profiles by `agent_kind`. */
export const PROFILE_VARIANTS = { openhands: openHandsProfile, acp: acpProfile } as const;

function refuseParams(specs: readonly ToolSpec[], context: z.core.$RefinementCtx): void {
  const wrong = specs.find(({ name, params }) => {
    const className = builtInClass(name);
    const own = Object.keys(params).filter((key) => key !== OF_EVERY_TOOL);
    return className !== undefined && className !== ROUTING && own.length > 0;
  });
  if (wrong === undefined) return;
  const message = `Value error, Tool '${wrong.name}' does not accept parameters`;
  context.addIssue({ code: "custom", message, path: [] });
}
