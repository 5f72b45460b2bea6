import type { ExtensionPlace } from "../../extensions/place.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import {
  skillCatalogResponse,
  skillsRequest,
  skillsResponse,
  syncResponse,
} from "../../wire/extensions/skills.ts";

const skillRoute = group({ prefix: "/api/skills", tags: ["Skills"], auth: "key", access: "admin" });

/** `/api/skills`: skills of the server's machine, of its marketplaces, and of those that a request names. */
export function skillRoutes(
  place: () => Promise<ExtensionPlace>,
  registered: readonly MarketplaceRegistration[],
): Route[] {
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
        return { status: 200, body: await listSkills(await place(), body, registered) };
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
        responses: { 200: { description: "An error where they cannot be brought", body: syncResponse() } },
      }))
      .handle(async () => {
        const { publicExtensions, logger } = await place();
        const body = await publicExtensions.refresh().then(
          () => ({ status: "success" as const, message: "Skills repository synced successfully" }),
          (error: unknown) => {
            logger.warn({ error }, "public skills cannot be brought up to date");
            return { status: "error" as const, message: "Failed to sync skills repository" };
          },
        );
        return { status: 200, body };
      }),
  ];
}
