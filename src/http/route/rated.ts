import { AgentServerError } from "../../errors.ts";
import type { RateHeaders } from "../../limits/refusals.ts";
import { type Answer, isResponse } from "../answer.ts";

/** Answers, and says what is left to the caller. */
export async function rated(
  work: () => Promise<Answer | Response>,
  rate: RateHeaders | undefined,
): Promise<Answer | Response> {
  if (rate === undefined) return work();
  try {
    return withRate(await work(), rate);
  } catch (error) {
    throw errorWithRate(error, rate);
  }
}

/** Adds to an error what is left to the caller, unless it says that itself. */
export function errorWithRate(error: unknown, rate: RateHeaders | undefined): unknown {
  if (rate === undefined || !AgentServerError.is(error)) return error;
  return new AgentServerError(error.code, error.detail, {
    headers: { ...rate, ...error.headers },
    cause: error.cause,
  });
}

function withRate(answer: Answer | Response, rate: RateHeaders): Answer | Response {
  if (!isResponse(answer)) return { ...answer, headers: { ...rate, ...answer.headers } };
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(rate)) if (!headers.has(name)) headers.set(name, value);
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}
