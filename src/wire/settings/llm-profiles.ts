import { z } from "zod";
import { once } from "../../once.ts";
import { llmConfig } from "../agent/llm-config.ts";

/** The name of a profile, in paths and bodies. */
export const profileName = once(() =>
  z
    .string()
    .min(1, { abort: true })
    .max(64, { abort: true })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
);

const profileInfo = once(() =>
  z
    .object({
      name: z.string(),
      model: z.string().nullable().default(null),
      base_url: z.string().nullable().default(null),
      provider_connection_id: z.string().nullable().default(null),
      provider_connection_broken: z.boolean().default(false),
      api_key_set: z.boolean().default(false),
    })
    .meta({ id: "ProfileInfo" }),
);

/** A saved model without its secrets. */
export type ProfileInfo = z.output<ReturnType<typeof profileInfo>>;

/** Answer of `GET /api/profiles`. */
export const profileList = once(() =>
  z
    .object({
      profiles: z.array(profileInfo()),
      active_profile: z.string().nullable().default(null),
    })
    .meta({ id: "ProfileListResponse" }),
);

/** Answer of `GET /api/profiles/{name}`. */
export const profileDetail = once(() =>
  z
    .object({
      name: z.string(),
      config: z.record(z.string(), z.unknown()).describe("The fields of LLM"),
      api_key_set: z.boolean().default(false),
    })
    .meta({ id: "ProfileDetailResponse" }),
);

/** Body of `POST /api/profiles/{name}`. */
export const saveProfileRequest = once(() =>
  z.object({ llm: llmConfig, include_secrets: z.boolean().default(true) }).meta({ id: "SaveProfileRequest" }),
);

/** Answer to a change of a profile. */
export const profileMutation = once(() =>
  z.object({ name: z.string(), message: z.string() }).meta({ id: "ProfileMutationResponse" }),
);

/** Body of `POST /api/profiles/{name}/rename`. */
export const renameProfileRequest = once(() =>
  z.object({ new_name: profileName() }).meta({ id: "RenameProfileRequest" }),
);

/** Answer of `POST /api/profiles/{name}/activate`. */
export const activateProfileResponse = once(() =>
  z
    .object({ name: z.string(), message: z.string(), llm_applied: z.boolean().default(true) })
    .meta({ id: "ActivateProfileResponse" }),
);

/** Body of `POST /api/profiles/{name}/validate`. */
export const validateProfileRequest = once(() =>
  z.object({ llm: llmConfig }).meta({ id: "ValidateProfileRequest" }),
);

/** Answer of `POST /api/profiles/{name}/validate`. */
export const validateProfileResponse = once(() =>
  z
    .object({
      valid: z.boolean(),
      error: z
        .object({ type: z.string(), message: z.string() })
        .meta({ id: "ValidateProfileError" })
        .nullable()
        .default(null),
    })
    .meta({ id: "ValidateProfileResponse" }),
);

export type ValidateProfileResponse = z.output<ReturnType<typeof validateProfileResponse>>;
