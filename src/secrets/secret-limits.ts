import { AgentServerError } from "../errors.ts";
import { secretsFault } from "../wire/secret-limits.ts";
import type { SecretSources } from "../wire/secret-source.ts";

/**
 * Checks the secrets of a conversation, those that a request adds to it included.
 *
 * @throws AgentServerError `unprocessable`, with the detail of a 422 that names the secret at fault.
 */
export function assertWithinLimits(sources: SecretSources): void {
  const fault = secretsFault(sources);
  if (fault === undefined) return;
  const loc = ["body", "secrets", ...(fault.name === undefined ? [] : [fault.name])];
  throw new AgentServerError("unprocessable", [
    { type: "value_error", loc, msg: `Value error, ${fault.message}` },
  ]);
}
