import { z } from "zod";
import { once } from "../../once.ts";
import { mcpServers } from "../agent/mcp-server.ts";
import { nullable } from "../nullable.ts";

/** Names of profiles. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** The settings of a server as clients see them. */
export const settingsResponse = once(() => {
  const anything = z.record(z.string(), z.unknown());
  const pointer = (description: string) => nullable(z.string()).describe(description);
  return z
    .object({
      agent_settings: z
        .looseObject({
          schema_version: z.int().min(1).nullable().optional(),
          agent_kind: z.enum(["openhands", "acp"]).nullable().optional(),
          mcp_config: mcpServers.meta({ id: "MCPConfig" }),
        })
        .describe("Secrets as the header `X-Expose-Secrets` says"),
      conversation_settings: anything,
      llm_api_key_is_set: z.boolean(),
      active_profile: pointer("Name of the LLM profile that is in use"),
      active_agent_profile_id: pointer("Id of the agent profile that is in use"),
      active_meta_profile: pointer("Name of the meta-profile by which models are chosen"),
      misc_settings: anything.default({}).describe("Of clients; kept as they are"),
    })
    .meta({ id: "SettingsResponse" });
});

/** Changes of settings. At least one must be there. */
export const settingsUpdateRequest = once(() => {
  const fields = z.record(z.string(), z.unknown());
  const diff = (description: string) => fields.nullable().optional().describe(description);
  const pointer = (pattern: RegExp) =>
    z.string().regex(pattern).nullable().optional().describe("Null for none");
  return z
    .object({
      agent_settings_diff: diff("A JSON merge patch: null removes, so that the default holds again"),
      conversation_settings_diff: diff("Merged into the settings; null removes an entry of a map"),
      misc_settings_diff: diff("Merged into the settings; lists are replaced"),
      active_profile: pointer(PROFILE_NAME),
      active_agent_profile_id: pointer(UUID),
      active_meta_profile: pointer(PROFILE_NAME),
    })
    .meta({ id: "SettingsUpdateRequest" });
});

export type SettingsResponse = z.output<ReturnType<typeof settingsResponse>>;
export type SettingsUpdate = z.output<ReturnType<typeof settingsUpdateRequest>>;
