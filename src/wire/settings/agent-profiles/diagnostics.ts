import { z } from "zod";
import { once } from "../../../once.ts";

const names = () => z.array(z.string()).default([]);
const text = () => z.string().nullable().default(null);

/** Body of `POST /api/agent-profiles/{name}/materialize`. */
export const materializeRequest = once(() =>
  z
    .strictObject({
      profile: z
        .record(z.string(), z.unknown())
        .nullable()
        .default(null)
        .describe("The fields of an agent profile that is checked in place of the stored one"),
    })
    .meta({ id: "MaterializeAgentProfileRequest" }),
);

/** Answer of `POST /api/agent-profiles/{name}/materialize`: what a launch would do, and why it would not. */
export const profileDiagnostics = once(() =>
  z
    .object({
      agent_kind: z.string(),
      valid: z.boolean().default(false),
      errors: names(),
      unusable_tools: names().describe("Tools that this server does not have"),
      llm_profile_ref: text(),
      llm_profile_resolved: z.boolean().default(false),
      llm_api_key_set: z.boolean().default(false),
      mcp_server_refs: z.array(z.string()).nullable().default(null),
      resolved_mcp_config_keys: names(),
      dangling_mcp_server_refs: names(),
      disabled_skills: names(),
      public_skills: z.array(z.string()).nullable().default(null),
      resolved_skills: names(),
      secret_refs: z.array(z.string()).nullable().default(null),
      acp_api_key_secret_name: text(),
      acp_base_url_secret_name: text(),
      acp_file_secret_names: names(),
      meta_profile_ref: text(),
      dangling_meta_profile_ref: text(),
      dangling_meta_profile_llm_refs: names(),
      resolved_settings: z
        .record(z.string(), z.unknown())
        .nullable()
        .default(null)
        .describe("Agent settings without secrets; null unless valid"),
    })
    .meta({ id: "AgentProfileDiagnostics" }),
);

export type ProfileDiagnostics = z.output<ReturnType<typeof profileDiagnostics>>;
