import { z } from "zod";
import { once } from "../../../once.ts";
import { profileName } from "../llm-profiles.ts";

const agentProfileInfo = once(() =>
  z
    .object({
      id: z.string().nullable().default(null),
      name: z.string(),
      agent_kind: z.string().default("openhands"),
      revision: z.int().nullable().default(null),
      llm_profile_ref: z.string().nullable().default(null),
      mcp_server_refs: z.array(z.string()).nullable().default(null),
    })
    .meta({ id: "AgentProfileInfo" }),
);

/** A profile in a list. */
export type AgentProfileInfo = z.output<ReturnType<typeof agentProfileInfo>>;

/** Answer of `GET /api/agent-profiles`. */
export const agentProfileList = once(() =>
  z
    .object({
      profiles: z.array(agentProfileInfo()),
      active_agent_profile_id: z.string().nullable().default(null),
    })
    .meta({ id: "AgentProfileListResponse" }),
);

export type AgentProfileList = z.output<ReturnType<typeof agentProfileList>>;

/** Answer of `GET /api/agent-profiles/{name}`. */
export const agentProfileDetail = once(() =>
  z
    .object({
      name: z.string(),
      profile: z.record(z.string(), z.unknown()).describe("The fields of an agent profile; no secrets"),
    })
    .meta({ id: "AgentProfileDetailResponse" }),
);

/** Answer to a change of a profile. */
export const agentProfileMutation = once(() =>
  z.object({ name: z.string(), message: z.string() }).meta({ id: "AgentProfileMutationResponse" }),
);

/** Body of `POST /api/agent-profiles/{name}/rename`. */
export const renameAgentProfileRequest = once(() =>
  z.object({ new_name: profileName() }).meta({ id: "RenameAgentProfileRequest" }),
);

/** Answer of `POST /api/agent-profiles/{profile_id}/activate`. */
export const activateAgentProfileResponse = once(() =>
  z
    .object({
      id: z.string(),
      message: z.string(),
      agent_settings_applied: z.boolean().default(false).describe("Always false: only the pointer moves"),
    })
    .meta({ id: "ActivateAgentProfileResponse" }),
);
