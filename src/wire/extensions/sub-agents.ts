import { z } from "zod";
import { once } from "../../once.ts";
import { agentDefinition } from "../agent/agent-definition.ts";

/** Body of `POST /api/sub-agents`: the sources to list. */
export const subAgentsRequest = once(() =>
  z
    .object({
      load_user: z.boolean().default(true),
      load_project: z.boolean().default(true),
      load_builtin: z.boolean().default(true),
      project_dir: z.string().nullable().default(null).describe("Folder of a project"),
    })
    .meta({ id: "SubAgentsRequest" }),
);

const subAgentInfo = once(() =>
  z
    .object({
      ...agentDefinition.shape,
      mcp_servers: agentDefinition.shape.mcp_config.describe("The same as `mcp_config`"),
      is_builtin: z.boolean().default(false),
    })
    .meta({ id: "SubAgentInfo" }),
);

/** A sub-agent as clients list it. */
export type SubAgentInfo = z.output<ReturnType<typeof subAgentInfo>>;

/** Answer of `POST /api/sub-agents`. */
export const subAgentsResponse = once(() =>
  z.object({ agents: z.array(subAgentInfo()) }).meta({ id: "SubAgentsResponse" }),
);
