import type { Difference } from "./difference.ts";

/** What agent profiles, their launches and switches of models answer otherwise. */
export const AGENT_PROFILE_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["agent profiles: tried out"],
    at: ['answers.13.body.errors.0: "Failed to build agent settings: acp_command is required *'],
    reason: "own words",
  },
  {
    scenarios: ["agent profiles: tried out"],
    at: ['answers.22.body.detail.0.type: "value_error" -> "dict_type"', "answers.22.body.detail.0.ctx: *"],
    reason: "a draft that is no object is refused by the form of the body",
  },
  {
    scenarios: ["agent profiles: launched"],
    at: ["answers.*.shown.condenser.max_tokens: 128000 -> null"],
    reason: "prompts are not condensed yet, and the size of a model's context is looked up when it is asked",
  },
  {
    scenarios: ["another model for a conversation"],
    at: ["answers.5.status: 500 -> 422", "answers.5.body: *"],
    reason: "the reference fails at a model whose name is a number",
  },
  {
    scenarios: ["another model for a conversation"],
    at: ['answers.9.body.detail: "Invalid profile name: *'],
    reason: "own words",
  },
  {
    scenarios: ["another model for a conversation"],
    at: ["answers.*.body.detail.0.input: null -> {}"],
    reason: "the body that lacks a field is repeated as it was sent",
  },
];
