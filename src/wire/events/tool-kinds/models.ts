import { z } from "zod";
import { nullable } from "../../nullable.ts";
import { actionOf, observationOf } from "./of-kind.ts";

/** Calls that read a skill, change the model or ask another one. */
export function modelActions() {
  return [
    actionOf("InvokeSkillAction", { name: z.string() }),
    actionOf("SwitchLLMAction", { profile_name: z.string(), reason: z.string() }),
    actionOf("VisionInspectAction", {
      image_index: z.int().min(0),
      question: z.string().min(1),
      profile_name: nullable(z.string()),
    }),
    actionOf("ClassifyAndSwitchLLMAction", {}),
    actionOf("AskOracleAction", { question: z.string(), context: nullable(z.string()) }),
  ] as const;
}

/** Results of these calls. */
export function modelObservations() {
  return [
    observationOf("InvokeSkillObservation", { skill_name: z.string() }),
    observationOf("SwitchLLMObservation", {
      profile_name: z.string(),
      reason: nullable(z.string()),
      active_model: nullable(z.string()),
    }),
    observationOf("VisionInspectObservation", {
      image_index: z.int(),
      question: z.string(),
      profile_name: nullable(z.string()),
      model: nullable(z.string()),
      base_url: nullable(z.string()),
      answer: nullable(z.string()),
    }),
    observationOf("ClassifyAndSwitchLLMObservation", {
      chosen_class: nullable(z.string()),
      model: nullable(z.string()),
      active_model: nullable(z.string()),
    }),
    observationOf("AskOracleObservation", {}),
  ] as const;
}
