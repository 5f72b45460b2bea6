import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { extensionName } from "../../wire/extensions/installed.ts";
import {
  installedSkill,
  installedSkills,
  skillCatalogResponse,
  skillsMarketplace,
  skillsRequest,
  skillsResponse,
  syncResponse,
} from "../../wire/extensions/skills.ts";
import { errorBody } from "../../wire/validation-error.ts";

const skillRoute = group({ prefix: "/api/skills", tags: ["Skills"], auth: "key" });

/** `/api/skills`: skills that lie on the server's machine. None are fetched from elsewhere. */
export function skillRoutes(place: () => Promise<ExtensionPlace>): Route[] {
  return [
    skillRoute
      .lazy({ method: "POST", path: "", id: "get_skills", summary: "List skills by source" }, () => ({
        body: skillsRequest(),
        responses: {
          200: { description: "Project skills win over those of the user", body: skillsResponse() },
        },
      }))
      .handle(async ({ body }) => {
        const { listSkills } = await import("../../extensions/skills/skill-catalogue.ts");
        return { status: 200, body: await listSkills(await place(), body) };
      }),

    skillRoute
      .lazy(
        {
          method: "GET",
          path: "/catalog",
          id: "get_skill_catalog",
          summary: "List skills of agent profiles",
        },
        () => ({ responses: { 200: { description: "Skills of the user", body: skillCatalogResponse() } } }),
      )
      .handle(async () => {
        const { listCatalogue } = await import("../../extensions/skills/skill-catalogue.ts");
        return { status: 200, body: { skills: await listCatalogue(await place()) } };
      }),

    skillRoute
      .lazy({ method: "POST", path: "/sync", id: "sync_skills", summary: "Refresh public skills" }, () => ({
        responses: { 200: { description: "Always an error: none are fetched", body: syncResponse() } },
      }))
      .handle(() => ({
        status: 200,
        body: { status: "error" as const, message: "This server does not fetch public skills" },
      })),

    skillRoute
      .lazy(
        {
          method: "GET",
          path: "/installed",
          id: "list_installed_skills_endpoint",
          summary: "List installed skills",
        },
        () => ({ responses: { 200: { description: "Enabled or not", body: installedSkills() } } }),
      )
      .handle(async () => ({ status: 200, body: { skills: await installed(await place()) } })),

    skillRoute
      .lazy(
        {
          method: "GET",
          path: "/installed/{skill_name}",
          id: "get_installed_skill_endpoint",
          summary: "Get an installed skill",
        },
        () => ({
          params: z.object({ skill_name: extensionName(/^[a-z0-9]+(-[a-z0-9]+)*$/) }),
          responses: {
            200: { description: "The skill", body: installedSkill() },
            404: { description: "It is not installed", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { skill_name: wanted } }) => {
        const found = (await installed(await place())).find(({ name }) => name === wanted);
        if (found === undefined)
          throw new AgentServerError("not_found", `Skill '${wanted}' is not installed`);
        return { status: 200, body: found };
      }),

    skillRoute
      .lazy(
        {
          method: "GET",
          path: "/marketplace",
          id: "get_marketplace_catalog",
          summary: "List skills to install",
        },
        () => ({
          responses: { 200: { description: "None: no marketplace is asked", body: skillsMarketplace() } },
        }),
      )
      .handle(() => ({ status: 200, body: { skills: [] } })),
  ];
}

async function installed(place: ExtensionPlace) {
  const { listInstalled } = await import("../../extensions/installed.ts");
  return listInstalled(place, "skills");
}
