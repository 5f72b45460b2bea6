import { AgentServerError } from "../../errors.ts";
import { isWithin, type Reach, type ReachFacts, reachesAll } from "../../principal.ts";
import { toDashed, toHex } from "../../wire/ids.ts";
import { type Answer, isResponse } from "../answer.ts";

/** Finds what decides whether a conversation is reached; undefined for an unknown one. */
export type FindReachFacts = (conversationId: string) => Promise<ReachFacts | undefined>;

/** The parameters of paths that name conversations. */
const PARAMETERS = ["conversation_id", "runtime_conversation_id"] as const;

export interface ConcealingOptions {
  find: FindReachFacts;
  newId(): string;
}

/** Parameters for a route, and the way back from what it says of them. */
export interface Concealed {
  params: unknown;
  /** Puts the ids of the request back into an answer. */
  reveal(answer: Answer | Response): Answer | Response;
  /** Does the same for an error. */
  revealError(error: unknown): unknown;
}

/**
 * Hides the conversations that a caller does not reach: a route is asked for each of them under an id that no
 * conversation has, so that it answers as it does for unknown ones, whatever its words are.
 */
export async function conceal(
  params: unknown,
  reach: Reach,
  { find, newId }: ConcealingOptions,
): Promise<Concealed | undefined> {
  if (reachesAll(reach)) return undefined;
  const named = params as Readonly<Record<string, unknown>>;
  const shown: Record<string, unknown> = { ...named };
  const hidden: [alias: string, id: string][] = [];
  for (const name of PARAMETERS) {
    const id = named[name];
    if (typeof id !== "string") continue;
    const facts = await find(id);
    if (facts === undefined || isWithin(reach, facts)) continue;
    const alias = newId();
    shown[name] = alias;
    hidden.push([toDashed(alias), toDashed(id)], [toHex(alias), toHex(id)]);
  }
  if (hidden.length === 0) return undefined;
  const restored = (text: string) => hidden.reduce((left, [alias, id]) => left.replaceAll(alias, id), text);
  return { params: shown, ...revealing(restored) };
}

function revealing(restored: (text: string) => string): Omit<Concealed, "params"> {
  return {
    reveal: (answer) =>
      isResponse(answer) || typeof answer.body !== "string"
        ? answer
        : { ...answer, body: restored(answer.body) },
    revealError: (error) =>
      AgentServerError.is(error)
        ? new AgentServerError(error.code, JSON.parse(restored(JSON.stringify(error.detail))), {
            headers: error.headers,
            cause: error.cause,
          })
        : error,
  };
}
