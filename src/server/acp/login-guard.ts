import { readAcpState, withAcpState } from "../../acp/agent-state.ts";
import type { OpeningGuard } from "../../conversations/live/opening-guard.ts";
import { AgentServerError } from "../../errors.ts";
import type { BoundLogins } from "./bound-logins.ts";

/** The word by which clients of the reference know that they have to bind the login again. */
const REFUSAL = "credential_binding_activation_required";

/**
 * Keeps conversations closed whose login was bound once, while it is not: its program would work with another login, or
 * with none. Only agents that are other programs have a use for one.
 */
export function loginGuard(logins: Pick<BoundLogins, "find" | "namesOf" | "forget">): OpeningGuard {
  return {
    assertOpenable(id, agentState) {
      const { acp_bound_logins: needed = [] } = readAcpState(agentState);
      if (needed.every((name) => logins.find(id, name) !== undefined)) return;
      throw new AgentServerError("binding_required", REFUSAL);
    },
    noted({ id, agent, agentState, allowsSecret }) {
      if (agent.kind !== "ACPAgent") return undefined;
      const { acp_bound_logins: noted = [] } = readAcpState(agentState);
      const added = logins.namesOf(id).filter((name) => allowsSecret(name) && !noted.includes(name));
      return added.length === 0
        ? undefined
        : withAcpState(agentState, { acp_bound_logins: [...noted, ...added] });
    },
    forget: (id) => logins.forget(id),
  };
}
