import { AgentServerError } from "../errors.ts";

const PREFIX = "openhands_";
/** Characters of a wrong name that its error repeats. */
const MAX_SHOWN = 200;

/** The name by which clients of the gateway know an LLM profile. */
export function modelOf(profile: string): string {
  return PREFIX + profile;
}

/** The LLM profile that a model of the gateway stands for. Throws `not_found` for any other model. */
export function profileOf(model: string): string {
  if (model.startsWith(PREFIX) && model.length > PREFIX.length) return model.slice(PREFIX.length);
  throw new AgentServerError(
    "not_found",
    `Unknown OpenHands model '${model.slice(0, MAX_SHOWN)}'. Use GET /v1/models.`,
  );
}
