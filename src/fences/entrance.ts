import { AgentServerError } from "../errors.ts";
import type { Enter, Entered } from "../http/route/entrance.ts";
import { CLAIM_HEADER, readClaims } from "../workspace/machine-claim.ts";
import type { Fences, Pass } from "./fences.ts";

/**
 * Lets requests with claims in only while no later ones were there. Requests without one pass: they come from clients,
 * not from servers that share conversations. The fences are opened by the first claim.
 */
export function fencedEntrance(open: () => Promise<Fences>): Enter {
  return (request, caller) => {
    const text = request.headers.get(CLAIM_HEADER);
    if (text === null) return undefined;
    if (caller.scope !== "admin")
      throw new AgentServerError("forbidden", `${CLAIM_HEADER}: only for servers`);
    return enter(text, open);
  };
}

async function enter(text: string, open: () => Promise<Fences>): Promise<Entered> {
  const claims = readClaims(text);
  if (claims === undefined) {
    throw new AgentServerError(
      "bad_request",
      `${CLAIM_HEADER}: must be one to ten claims with commas between them, each a UUID in lower case, a slash and a fence`,
    );
  }
  const fences = await open();
  const passes: Pass[] = [];
  const settle = () => {
    for (const pass of passes) pass.settle();
  };
  try {
    for (const claim of claims) passes.push(await fences.enter(claim));
    return { headers: { [CLAIM_HEADER]: text }, settle };
  } catch (error) {
    settle();
    throw error;
  }
}
