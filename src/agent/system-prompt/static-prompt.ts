import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { type ModelFamily, modelFamily } from "./model-family.ts";
import {
  BROWSER,
  CODE_QUALITY,
  EFFICIENCY,
  ENVIRONMENT_SETUP,
  EXTERNAL_SERVICES,
  FILE_SYSTEM,
  IDENTITY,
  modelGuidance,
  PERSISTENT_MEMORY,
  PROBLEM_SOLVING,
  PROCESS_MANAGEMENT,
  PULL_REQUESTS,
  planning,
  REPOSITORY_NOTES,
  ROLE,
  riskAssessment,
  SECURITY_POLICY,
  SELF_DOCUMENTATION,
  TROUBLESHOOTING,
  VERSION_CONTROL,
} from "./sections.ts";

export interface StaticPromptOptions {
  agent: Agent;
  tools: Pick<Toolbox, "names">;
  /** Text of the policy that `security_policy_filename` names, when it is not the built-in one. */
  securityPolicy?: string;
}

/** Builds the part of the prompt that is the same in every conversation of an agent, so that providers can cache it. */
export function staticPrompt({ agent, tools, securityPolicy }: StaticPromptOptions): string {
  if (agent.system_prompt !== null) return agent.system_prompt;
  const settings = agent.system_prompt_kwargs;
  if (agent.system_prompt_filename === "system_prompt_planning.j2") return planning(settings.plan_structure);
  const hasBrowser =
    settings.enable_browser === true || tools.names.some((name) => name.startsWith("browser_"));
  const hasMemory = settings.memory_enabled === true || agent.agent_context?.load_memory === true;
  return sections([
    ["SOUL", textSetting(settings.soul_content) ?? IDENTITY],
    ["ROLE", ROLE],
    ["MEMORY", hasMemory ? PERSISTENT_MEMORY : REPOSITORY_NOTES],
    ["EFFICIENCY", EFFICIENCY],
    ["FILE_SYSTEM_GUIDELINES", FILE_SYSTEM],
    ["CODE_QUALITY", CODE_QUALITY],
    ["VERSION_CONTROL", VERSION_CONTROL],
    ["PULL_REQUESTS", PULL_REQUESTS],
    ["PROBLEM_SOLVING_WORKFLOW", PROBLEM_SOLVING],
    ["SELF_DOCUMENTATION", SELF_DOCUMENTATION],
    ["SECURITY", agent.security_policy_filename ? (securityPolicy ?? SECURITY_POLICY) : null],
    [
      "SECURITY_RISK_ASSESSMENT",
      (settings.llm_security_analyzer ?? true) ? riskAssessment(settings.cli_mode !== false) : null,
    ],
    ["BROWSER_TOOLS", hasBrowser ? BROWSER : null],
    ["EXTERNAL_SERVICES", EXTERNAL_SERVICES],
    ["ENVIRONMENT_SETUP", ENVIRONMENT_SETUP],
    ["TROUBLESHOOTING", TROUBLESHOOTING],
    ["PROCESS_MANAGEMENT", PROCESS_MANAGEMENT],
    ["IMPORTANT", modelGuidance(familyOf(agent))],
  ]);
}

/** Wraps each block in the tags of its name. Blocks without text are left out. */
export function sections(blocks: readonly [tag: string, body: string | null][]): string {
  return blocks
    .filter(([, body]) => body !== null && body.trim() !== "")
    .map(([tag, body]) => `<${tag}>\n${body}\n</${tag}>`)
    .join("\n\n");
}

/** The family of the agent's model; `system_prompt_kwargs` may name another. */
export function familyOf(agent: Agent): ModelFamily {
  const { model_name, model_family, model_variant } = agent.system_prompt_kwargs;
  const inferred = modelFamily(textSetting(model_name) ?? agent.llm.model, agent.llm.model_canonical_name);
  return {
    family: textSetting(model_family) ?? inferred.family,
    variant: textSetting(model_variant) ?? inferred.variant,
  };
}

function textSetting(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}
