import { AgentServerError } from "../errors.ts";

const PREFIX = "openhands_";

/** The name by which clients of the gateway know an LLM profile. */
export function modelOf(profile: string): string {
  return PREFIX + profile;
}

/** The LLM profile that a model of the gateway stands for. Throws `not_found` for any other model. */
export function profileOf(model: string): string {
  if (model.startsWith(PREFIX) && model.length > PREFIX.length) return model.slice(PREFIX.length);
  throw new AgentServerError("not_found", `Unknown OpenHands model '${model}'. Use GET /v1/models.`);
}
