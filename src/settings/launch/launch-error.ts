import { AgentServerError, messageOf } from "../../errors.ts";

/** References of a profile to nothing. */
export interface DanglingRefs {
  llmProfile: string | null;
  mcpServers: string[];
  metaProfile: string | null;
  metaProfileLlms: string[];
}

/** A launch that is not possible as it was asked for. */
export function invalidLaunch(message: string): AgentServerError {
  return new AgentServerError("unprocessable", { code: "invalid_agent_launch", message });
}

/** A launch for which something stored cannot be read. */
export function unreadable(what: string, error: unknown): AgentServerError {
  return new AgentServerError("damaged", `Could not load ${what}: ${messageOf(error)}`, { cause: error });
}

/** A sentence for each kind of reference to nothing. */
export function problemsOf({ llmProfile, mcpServers, metaProfile, metaProfileLlms }: DanglingRefs): string[] {
  return [
    ...(llmProfile === null ? [] : [`LLM profile '${llmProfile}' not found`]),
    ...(mcpServers.length === 0 ? [] : [`MCP server(s) not configured: ${mcpServers.join(", ")}`]),
    ...(metaProfile === null ? [] : [`Meta-profile '${metaProfile}' not found`]),
    ...(metaProfileLlms.length === 0
      ? []
      : [`LLM profile(s) routed to by the meta-profile not found: ${metaProfileLlms.join(", ")}`]),
  ];
}

/** Refuses a launch whose profile refers to nothing, and names everything that is missing. */
export function assertFound(dangling: DanglingRefs): void {
  const problems = problemsOf(dangling);
  if (problems.length === 0) return;
  throw new AgentServerError("unprocessable", {
    code: "unresolved_profile_references",
    message: problems.join("; "),
    dangling_llm_profile_ref: dangling.llmProfile,
    dangling_mcp_server_refs: dangling.mcpServers,
    dangling_meta_profile_ref: dangling.metaProfile,
    dangling_meta_profile_llm_refs: dangling.metaProfileLlms,
  });
}
