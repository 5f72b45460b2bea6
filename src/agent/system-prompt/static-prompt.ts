import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { type ModelFamily, modelFamily } from "./model-family.ts";
import {
  CODE_QUALITY,
  EFFICIENCY,
  ENVIRONMENT_SETUP,
  EXTERNAL_SERVICES,
  FILE_SYSTEM,
  IDENTITY,
  modelGuidance,
  PROBLEM_SOLVING,
  PROCESS_MANAGEMENT,
  PULL_REQUESTS,
  persistentMemory,
  planning,
  REPOSITORY_NOTES,
  ROLE,
  riskAssessment,
  SECURITY_POLICY,
  SELF_DOCUMENTATION,
  TROUBLESHOOTING,
  VERSION_CONTROL,
} from "./sections.ts";

/** Folder of the user's files as it is shown where the server has no other. Not expanded: prompts stay alike. */
const USER_DIR = "~/.openhands";

export interface StaticPromptOptions {
  agent: Agent;
  tools: Pick<Toolbox, "guidance">;
  /** Text of the policy that `security_policy_filename` names, when it is not the built-in one. */
  securityPolicy?: string | undefined;
  /** Identity that the user has written down, in place of the default one. */
  soul?: string | undefined;
  /** Folder of the user's files, among them the memory that agents keep. Default: `~/.openhands`. */
  userDir?: string | undefined;
}

/** Builds the part of the prompt that is the same in every conversation of an agent, so that providers can cache it. */
export function staticPrompt(options: StaticPromptOptions): string {
  const { agent, tools } = options;
  if (agent.system_prompt !== null) return [agent.system_prompt, ...tools.guidance].join("\n\n");
  const persona = personaOf(agent);
  const { plan_structure: structure } = agent.system_prompt_kwargs;
  const isPlanner = agent.system_prompt_filename === "system_prompt_planning.j2";
  const blocks = isPlanner ? [planning(structure)] : sectionsOf(options, persona !== undefined);
  return [...(persona === undefined ? [] : [persona]), ...blocks].join("\n\n");
}

/** A persona takes the place of who the agent is and how it works. What it can do and may do stays. */
function sectionsOf(
  { agent, tools, securityPolicy, soul = IDENTITY, userDir = USER_DIR }: StaticPromptOptions,
  hasPersona: boolean,
) {
  const settings = agent.system_prompt_kwargs;
  const hasMemory = settings.memory_enabled ?? agent.agent_context?.load_memory;
  const unlessPersona = (body: string) => (hasPersona ? null : body);
  return [
    sections([
      [
        "SOUL",
        unlessPersona("soul_content" in settings ? (textSetting(settings.soul_content) ?? IDENTITY) : soul),
      ],
      ["ROLE", unlessPersona(ROLE)],
      ["MEMORY", hasMemory ? persistentMemory(userDir) : REPOSITORY_NOTES],
      ["EFFICIENCY", unlessPersona(EFFICIENCY)],
      ["FILE_SYSTEM_GUIDELINES", unlessPersona(FILE_SYSTEM)],
      ["CODE_QUALITY", unlessPersona(CODE_QUALITY)],
      ["VERSION_CONTROL", unlessPersona(VERSION_CONTROL)],
      ["PULL_REQUESTS", unlessPersona(PULL_REQUESTS)],
      ["PROBLEM_SOLVING_WORKFLOW", unlessPersona(PROBLEM_SOLVING)],
      ["SELF_DOCUMENTATION", unlessPersona(SELF_DOCUMENTATION)],
      ["SECURITY", agent.security_policy_filename ? (securityPolicy ?? SECURITY_POLICY) : null],
      [
        "SECURITY_RISK_ASSESSMENT",
        (settings.llm_security_analyzer ?? true) ? riskAssessment(Boolean(settings.cli_mode ?? true)) : null,
      ],
    ]),
    ...tools.guidance,
    sections([
      ["EXTERNAL_SERVICES", EXTERNAL_SERVICES],
      ["ENVIRONMENT_SETUP", unlessPersona(ENVIRONMENT_SETUP)],
      ["TROUBLESHOOTING", unlessPersona(TROUBLESHOOTING)],
      ["PROCESS_MANAGEMENT", PROCESS_MANAGEMENT],
      ["IMPORTANT", modelGuidance(familyOf(agent))],
    ]),
  ];
}

function personaOf(agent: Agent): string | undefined {
  const persona = agent.kind === "Agent" ? agent.persona : null;
  return textSetting(persona ?? agent.system_prompt_kwargs.persona);
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
