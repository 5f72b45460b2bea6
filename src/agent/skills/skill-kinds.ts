import type { Skill } from "../../wire/agent/skill.ts";

/** Whether a skill is part of the prompt as a whole, in every conversation. */
export function isAlwaysOn({ trigger, is_agentskills_format: isStandard }: Skill): boolean {
  return trigger === null && !isStandard;
}

/** Whether a skill is listed in the prompt, for the model to ask for it. */
export function isListed(skill: Skill): boolean {
  return !isAlwaysOn(skill) && !skill.disable_model_invocation;
}
