import { z } from "zod";
import { once } from "../../once.ts";
import { metaProfile } from "./meta-profile.ts";

/** Body of `POST /api/meta-profiles/{name}`: rules that lead somewhere. */
export const metaProfileRequest = once(() => metaProfile.superRefine(refuseIdle));

const metaProfileInfo = once(() =>
  z
    .object({
      name: z.string(),
      classifier_model: z.string().nullable().default(null),
      num_classes: z.int().default(0),
    })
    .meta({ id: "MetaProfileInfo" }),
);

export type MetaProfileInfo = z.output<ReturnType<typeof metaProfileInfo>>;

/** Answer of `GET /api/meta-profiles`. */
export const metaProfileList = once(() =>
  z
    .object({
      meta_profiles: z.array(metaProfileInfo()),
      active_meta_profile: z.string().nullable().default(null),
    })
    .meta({ id: "MetaProfileListResponse" }),
);

/** Answer of `GET /api/meta-profiles/{name}`. */
export const metaProfileDetail = once(() =>
  z.object({ name: z.string(), config: metaProfile }).meta({ id: "MetaProfileDetailResponse" }),
);

/** Answer to a change of a meta-profile. */
export const metaProfileMutation = once(() =>
  z.object({ name: z.string(), message: z.string() }).meta({ id: "MetaProfileMutationResponse" }),
);

/** Answer of `POST /api/meta-profiles/{name}/activate`. */
export const activateMetaProfileResponse = once(() =>
  z
    .object({ name: z.string(), message: z.string(), applied: z.boolean().default(true) })
    .meta({ id: "ActivateMetaProfileResponse" }),
);

interface Rules {
  classes: readonly unknown[];
  prompt_template: string | null;
}

function refuseIdle({ classes, prompt_template: template }: Rules, context: z.core.$RefinementCtx): void {
  if (classes.length > 0 || template !== null) return;
  const message = "Value error, A meta-profile needs either classes or a prompt_template to route.";
  context.addIssue({ code: "custom", message, path: [] });
}
