import { z } from "zod";
import type { Delegation, SubAgentKind } from "./delegation.ts";

/** Parameters of the tools that start sub-agents. The retired `mcp_servers` is ignored. */
export const delegationParams = z.strictObject({
  sub_agent_scope: z
    .strictObject({ tools: z.boolean().default(false), mcp_servers: z.boolean().default(false) })
    .nullable()
    .default(null),
});

/** Whether the sub-agents of an agent are held to the tools that it has itself. */
export function isScoped(params: Record<string, unknown>): boolean {
  return delegationParams.parse(params).sub_agent_scope?.tools ?? false;
}

/** The sub-agents that may be started. */
export function offered(delegation: Delegation | undefined, scoped: boolean): readonly SubAgentKind[] {
  const kinds = delegation?.kinds ?? [];
  return scoped ? kinds.filter(({ missing }) => missing.length === 0) : kinds;
}
