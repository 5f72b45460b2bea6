import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { profileName } from "../../wire/settings/llm-profiles.ts";
import {
  activateMetaProfileResponse,
  metaProfileDetail,
  metaProfileList,
  metaProfileMutation,
  metaProfileRequest,
} from "../../wire/settings/meta-profiles.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

type MetaProfileDeps = Pick<SettingsDeps, "metaProfiles" | "serverSettings">;

const metaRoute = group({
  prefix: "/api/meta-profiles",
  tags: ["Meta-profiles"],
  auth: "key",
  access: "admin",
});
const nameParams = () => z.object({ name: profileName() });
const unknown = { description: "There is no such meta-profile", body: errorBody } as const;

/** `/api/meta-profiles`: rules by which an agent chooses a model for a task. */
export function metaProfileRoutes({ metaProfiles: profiles, serverSettings }: MetaProfileDeps): Route[] {
  return [
    metaRoute
      .lazy({ method: "GET", path: "", id: "list_meta_profiles", summary: "List meta-profiles" }, () => ({
        responses: { 200: { description: "Unreadable ones are left out", body: metaProfileList() } },
      }))
      .handle(async () => {
        const { active_meta_profile } = await (await serverSettings()).read();
        return { status: 200, body: { meta_profiles: await (await profiles()).list(), active_meta_profile } };
      }),

    metaRoute
      .lazy(
        { method: "GET", path: "/{name}", id: "get_meta_profile", summary: "Get a meta-profile" },
        () => ({
          params: nameParams(),
          responses: {
            200: { description: "Its rules", body: metaProfileDetail() },
            400: { description: "It cannot be read", body: errorBody },
            404: unknown,
          },
        }),
      )
      .handle(async ({ params: { name } }) => ({
        status: 200,
        body: { name, config: await (await profiles()).get(name) },
      })),

    metaRoute
      .lazy(
        { method: "POST", path: "/{name}", id: "save_meta_profile", summary: "Save a meta-profile" },
        () => ({
          params: nameParams(),
          body: metaProfileRequest(),
          responses: {
            201: { description: "Saved, in place of one of that name", body: metaProfileMutation() },
            409: { description: "There are too many", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name }, body }) => {
        await (await profiles()).save(name, body);
        return { status: 201, body: { name, message: `Meta-profile '${name}' saved` } };
      }),

    metaRoute
      .lazy(
        { method: "DELETE", path: "/{name}", id: "delete_meta_profile", summary: "Delete a meta-profile" },
        () => ({
          params: nameParams(),
          responses: { 200: { description: "It is not there, or no longer", body: metaProfileMutation() } },
        }),
      )
      .handle(async ({ params: { name } }) => {
        await (await profiles()).remove(name);
        return { status: 200, body: { name, message: `Meta-profile '${name}' deleted` } };
      }),

    metaRoute
      .lazy(
        {
          method: "POST",
          path: "/{name}/activate",
          id: "activate_meta_profile",
          summary: "Use a meta-profile",
        },
        () => ({
          params: nameParams(),
          responses: {
            200: {
              description: "The settings have it now, if their agent can",
              body: activateMetaProfileResponse(),
            },
            404: unknown,
            409: { description: "The settings cannot be read", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name } }) => {
        const applied = await (await profiles()).activate(name);
        const message = applied
          ? `Meta-profile '${name}' activated`
          : `Meta-profile '${name}' not activated: the current agent settings cannot route between models`;
        return { status: 200, body: { name, message, applied } };
      }),
  ];
}
