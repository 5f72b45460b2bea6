import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { readExposure } from "../../settings/server-settings/exposure.ts";
import {
  activateProfileResponse,
  profileDetail,
  profileList,
  profileMutation,
  profileName,
  renameProfileRequest,
  saveProfileRequest,
  validateProfileRequest,
  validateProfileResponse,
} from "../../wire/settings/llm-profiles.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

type ProfileDeps = Pick<SettingsDeps, "llmProfiles" | "serverSettings">;

const profileRoute = group({ prefix: "/api/profiles", tags: ["Profiles"], auth: "key", access: "admin" });
const nameParams = () => z.object({ name: profileName() });
const unknown = { description: "There is no such profile", body: errorBody } as const;

/** `/api/profiles`: saved configurations of models. */
export function llmProfileRoutes({ llmProfiles: profiles, serverSettings }: ProfileDeps): Route[] {
  return [
    profileRoute
      .lazy({ method: "GET", path: "", id: "list_profiles", summary: "List the saved models" }, () => ({
        responses: {
          200: { description: "Without secrets; unreadable ones are left out", body: profileList() },
        },
      }))
      .handle(async () => {
        const { active_profile } = await (await serverSettings()).read();
        return { status: 200, body: { profiles: await (await profiles()).list(), active_profile } };
      }),

    profileRoute
      .lazy(
        {
          method: "GET",
          path: "/{name}",
          id: "get_profile",
          summary: "Get a saved model",
          headers: {
            "X-Expose-Secrets":
              "`encrypted` or `plaintext`. Default: the key is null, other secrets are asterisks",
          },
        },
        () => ({
          params: nameParams(),
          responses: {
            200: { description: "Its configuration", body: profileDetail() },
            400: { description: "It cannot be read, or the header has another value", body: errorBody },
            404: unknown,
            503: { description: "There is no secret key to encrypt with", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name }, request }) => {
        const exposure = readExposure(request.headers.get("x-expose-secrets"));
        return { status: 200, body: { name, ...(await (await profiles()).show(name, exposure)) } };
      }),

    profileRoute
      .lazy({ method: "POST", path: "/{name}", id: "save_profile", summary: "Save a model" }, () => ({
        params: nameParams(),
        body: saveProfileRequest(),
        responses: {
          201: { description: "Saved, in place of one of that name", body: profileMutation() },
          409: { description: "There are too many", body: errorBody },
        },
      }))
      .handle(async ({ params: { name }, body: { llm, include_secrets: withSecrets } }) => {
        await (await profiles()).save(name, llm, { withSecrets });
        return { status: 201, body: { name, message: `Profile '${name}' saved` } };
      }),

    profileRoute
      .lazy(
        { method: "DELETE", path: "/{name}", id: "delete_profile", summary: "Delete a saved model" },
        () => ({
          params: nameParams(),
          responses: {
            200: { description: "It is not there, or no longer", body: profileMutation() },
            409: { description: "Agent profiles name it", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name } }) => {
        await (await profiles()).remove(name);
        return { status: 200, body: { name, message: `Profile '${name}' deleted` } };
      }),

    profileRoute
      .lazy(
        { method: "POST", path: "/{name}/rename", id: "rename_profile", summary: "Rename a saved model" },
        () => ({
          params: nameParams(),
          body: renameProfileRequest(),
          responses: {
            200: { description: "Renamed, also where it is named", body: profileMutation() },
            404: unknown,
            409: { description: "The new name is taken", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name }, body: { new_name: newName } }) => {
        await (await profiles()).rename(name, newName);
        const message =
          name === newName
            ? `Profile '${name}' unchanged (same name)`
            : `Profile '${name}' renamed to '${newName}'`;
        return { status: 200, body: { name: newName, message } };
      }),

    profileRoute
      .lazy(
        { method: "POST", path: "/{name}/activate", id: "activate_profile", summary: "Use a saved model" },
        () => ({
          params: nameParams(),
          responses: {
            200: { description: "The settings have it now", body: activateProfileResponse() },
            404: unknown,
            409: { description: "The settings cannot be read", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name } }) => {
        const isApplied = await (await profiles()).activate(name);
        const message = `Profile '${name}' activated${isApplied ? " and applied to current settings" : ""}`;
        return { status: 200, body: { name, message, llm_applied: isApplied } };
      }),

    profileRoute
      .lazy(
        { method: "POST", path: "/{name}/validate", id: "validate_profile", summary: "Try a model out" },
        () => ({
          params: nameParams(),
          body: validateProfileRequest(),
          responses: { 200: { description: "Whether it answers", body: validateProfileResponse() } },
        }),
      )
      .handle(async ({ body: { llm } }) => ({ status: 200, body: await (await profiles()).validate(llm) })),
  ];
}
