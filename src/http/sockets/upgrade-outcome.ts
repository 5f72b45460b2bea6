import { AgentServerError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { type Answer, emptyAnswer, isResponse, toResponse } from "../answer.ts";
import type { Connect } from "../socket.ts";
import { refusedUpgrade } from "./socket-handler.ts";

/** Status of an accepted upgrade on its way through the stages. Fetch has no `Response` with this status. */
const SWITCHING_PROTOCOLS = 101;

type Accept = (decision: Response | Connect) => Answer | Response;

/**
 * Runs an upgrade through stages, which see answers and no functions: `run` turns the decision into an answer by
 * `accept`. The upgrade is accepted when what comes back still has status 101.
 */
export async function acceptOrRefuse(
  run: (accept: Accept) => Promise<Answer | Response>,
): Promise<Response | Connect> {
  let connect: Connect | undefined;
  const outcome = await run((decision) => {
    if (isResponse(decision)) return decision;
    connect = decision;
    return emptyAnswer(SWITCHING_PROTOCOLS);
  });
  if (outcome.status === SWITCHING_PROTOCOLS) return connect ?? refusedUpgrade(500);
  return isResponse(outcome) ? outcome : toResponse(outcome);
}

interface UpgradeErrorOptions {
  logger: Logger;
  pathname: string;
}

/** Turns anything thrown into a refusal. Its text goes to the log: the reference's refusals have no body. */
export function upgradeErrorAnswer(error: unknown, { logger, pathname }: UpgradeErrorOptions): Answer {
  if (AgentServerError.is(error)) {
    logger.info({ path: pathname, reason: error.message }, "Upgrade refused");
    return emptyAnswer(error.status, error.headers);
  }
  logger.error({ error, path: pathname }, "Upgrade failed");
  return emptyAnswer(500);
}
