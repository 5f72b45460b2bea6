import type { AcpState } from "../../acp/agent-state.ts";
import type { OpeningGuard } from "../../conversations/live/opening-guard.ts";
import { AgentServerError } from "../../errors.ts";
import type { BoundLogins } from "./bound-logins.ts";

/** The word by which clients of the reference know that they have to bind the login again. */
const REFUSAL = "credential_binding_activation_required";
/** Where the runner of the program notes it, too. */
const KEY = "acp_bound_logins" satisfies keyof AcpState;

/**
 * Keeps conversations closed whose login was bound once, while it is not: its program would work with another login, or
 * with none. Only agents that are other programs have a use for one.
 */
export function loginGuard(logins: Pick<BoundLogins, "find" | "namesOf" | "forget">): OpeningGuard {
  return {
    assertOpenable(id, agentState) {
      if (noted(agentState).every((name) => logins.find(id, name) !== undefined)) return;
      throw new AgentServerError("binding_required", REFUSAL);
    },
    noted({ id, agent, agentState, allowsSecret }) {
      if (agent.kind !== "ACPAgent") return undefined;
      const before = noted(agentState);
      const added = logins.namesOf(id).filter((name) => allowsSecret(name) && !before.includes(name));
      return added.length === 0 ? undefined : { ...agentState, [KEY]: [...before, ...added] };
    },
    forget: (id) => logins.forget(id),
  };
}

/** The names of the logins that were bound once. Read here, since a start loads nothing of the programs. */
function noted({ [KEY]: names }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}
