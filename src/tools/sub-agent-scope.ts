import { z } from "zod";

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
