import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import {
  activateAgentProfileResponse,
  agentProfileDetail,
  agentProfileList,
  agentProfileMutation,
  renameAgentProfileRequest,
} from "../../wire/settings/agent-profiles/answers.ts";
import { materializeRequest, profileDiagnostics } from "../../wire/settings/agent-profiles/diagnostics.ts";
import { profileName } from "../../wire/settings/llm-profiles.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

type AgentProfileDeps = Pick<SettingsDeps, "agentProfiles" | "profileLaunches">;

const profileRoute = group({
  prefix: "/api/agent-profiles",
  tags: ["Agent Profiles"],
  auth: "key",
  access: "admin",
});
const nameParams = () => z.object({ name: profileName() });
const unknown = { description: "There is no such profile", body: errorBody } as const;

/** `/api/agent-profiles`: agents that can be launched, without secrets. */
export function agentProfileRoutes({
  agentProfiles: profiles,
  profileLaunches: launches,
}: AgentProfileDeps): Route[] {
  return [
    profileRoute
      .lazy({ method: "GET", path: "", id: "list_agent_profiles", summary: "List the agents" }, () => ({
        responses: {
          200: {
            description: "One is active: where none was, `default` is, made from the settings if need be",
            body: agentProfileList(),
          },
        },
      }))
      .handle(async () => ({ status: 200, body: await (await profiles()).list() })),

    profileRoute
      .lazy({ method: "GET", path: "/{name}", id: "get_agent_profile", summary: "Get an agent" }, () => ({
        params: nameParams(),
        responses: {
          200: { description: "The profile", body: agentProfileDetail() },
          400: { description: "It cannot be read", body: errorBody },
          404: unknown,
        },
      }))
      .handle(async ({ params: { name } }) => ({
        status: 200,
        body: { name, profile: await (await profiles()).get(name) },
      })),

    profileRoute
      .lazy({ method: "POST", path: "/{name}", id: "save_agent_profile", summary: "Save an agent" }, () => ({
        params: nameParams(),
        body: z
          .record(z.string(), z.unknown())
          .describe("The fields of an agent profile; others are refused"),
        responses: {
          201: { description: "Saved, in place of one of that name", body: agentProfileMutation() },
          409: { description: "There are too many", body: errorBody },
        },
      }))
      .handle(async ({ params: { name }, body }) => {
        const { readAgentProfile } = await import("./agent-profile-body.ts");
        await (await profiles()).save(name, readAgentProfile({ ...body, name }));
        return { status: 201, body: { name, message: `Agent profile '${name}' saved` } };
      }),

    profileRoute
      .lazy(
        { method: "DELETE", path: "/{name}", id: "delete_agent_profile", summary: "Delete an agent" },
        () => ({
          params: nameParams(),
          responses: {
            200: {
              description: "It is not there, or no longer; `default` takes the place of the active one",
              body: agentProfileMutation(),
            },
          },
        }),
      )
      .handle(async ({ params: { name } }) => {
        await (await profiles()).remove(name);
        return { status: 200, body: { name, message: `Agent profile '${name}' deleted` } };
      }),

    profileRoute
      .lazy(
        { method: "POST", path: "/{name}/rename", id: "rename_agent_profile", summary: "Rename an agent" },
        () => ({
          params: nameParams(),
          body: renameAgentProfileRequest(),
          responses: {
            200: { description: "Renamed; its id stays", body: agentProfileMutation() },
            404: unknown,
            409: { description: "The new name is taken", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { name }, body: { new_name: newName } }) => {
        await (await profiles()).rename(name, newName);
        const change = name === newName ? "unchanged (same name)" : `renamed to '${newName}'`;
        return { status: 200, body: { name: newName, message: `Agent profile '${name}' ${change}` } };
      }),

    profileRoute
      .lazy(
        {
          method: "POST",
          path: "/{name}/materialize",
          id: "materialize_agent_profile",
          summary: "Tell what the launch of an agent would do",
          bodyOptional: true,
        },
        () => ({
          params: nameParams(),
          body: materializeRequest(),
          responses: {
            200: {
              description: "Also when it would be refused: then `errors` says why",
              body: profileDiagnostics(),
            },
            400: { description: "The stored profile cannot be read", body: errorBody },
            404: unknown,
          },
        }),
      )
      .handle(async ({ params: { name }, body }) => {
        const { readAgentProfile } = await import("./agent-profile-body.ts");
        const draft = body?.profile ?? null;
        const profile =
          draft === null ? await (await profiles()).get(name) : readAgentProfile({ ...draft, name });
        return { status: 200, body: await (await launches()).preview(profile) };
      }),

    profileRoute
      .lazy(
        {
          method: "POST",
          path: "/{profile_id}/activate",
          id: "activate_agent_profile",
          summary: "Make an agent the active one",
        },
        () => ({
          params: z.object({ profile_id: z.string().min(1).max(128) }),
          responses: {
            200: {
              description: "The pointer moved; the settings of the agent stay",
              body: activateAgentProfileResponse(),
            },
            404: unknown,
          },
        }),
      )
      .handle(async ({ params: { profile_id: id } }) => {
        await (await profiles()).activate(id);
        const body = { id, message: `Agent profile '${id}' activated`, agent_settings_applied: false };
        return { status: 200, body };
      }),
  ];
}
