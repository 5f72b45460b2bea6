import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { type ModelFamily, modelFamily } from "./model-family.ts";
import { BROWSER } from "./sections/browser.ts";
import { CODE_QUALITY } from "./sections/code-quality.ts";
import { EFFICIENCY } from "./sections/efficiency.ts";
import { ENVIRONMENT_SETUP } from "./sections/environment-setup.ts";
import { EXTERNAL_SERVICES } from "./sections/external-services.ts";
import { FILE_SYSTEM } from "./sections/file-system.ts";
import { IDENTITY } from "./sections/identity.ts";
import { PERSISTENT_MEMORY, REPOSITORY_NOTES } from "./sections/memory.ts";
import { modelGuidance } from "./sections/model-guidance.ts";
import { planning } from "./sections/planning.ts";
import { PROBLEM_SOLVING } from "./sections/problem-solving.ts";
import { PROCESS_MANAGEMENT } from "./sections/process-management.ts";
import { PULL_REQUESTS } from "./sections/pull-requests.ts";
import { riskAssessment } from "./sections/risk-assessment.ts";
import { ROLE } from "./sections/role.ts";
import { SECURITY_POLICY } from "./sections/security-policy.ts";
import { SELF_DOCUMENTATION } from "./sections/self-documentation.ts";
import { TROUBLESHOOTING } from "./sections/troubleshooting.ts";
import { VERSION_CONTROL } from "./sections/version-control.ts";

export interface StaticPromptOptions {
  agent: Agent;
  tools: Pick<Toolbox, "names">;
  /** Text of the policy that `security_policy_filename` names, when it is not the built-in one. */
  securityPolicy?: string;
}

/** The part of the prompt that is the same for every conversation of an agent, so that providers can cache it. */
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

/** Blocks in tags of their names, those without text left out. */
export function sections(blocks: readonly [tag: string, body: string | null][]): string {
  return blocks
    .filter(([, body]) => body !== null && body.trim() !== "")
    .map(([tag, body]) => `<${tag}>\n${body}\n</${tag}>`)
    .join("\n\n");
}

export function familyOf(agent: Agent): ModelFamily {
  const { model_name, model_family, model_variant } = agent.system_prompt_kwargs;
  const found = modelFamily(textSetting(model_name) ?? agent.llm.model, agent.llm.model_canonical_name);
  return {
    family: textSetting(model_family) ?? found.family,
    variant: textSetting(model_variant) ?? found.variant,
  };
}

function textSetting(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}
