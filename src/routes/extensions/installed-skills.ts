import { maskSource } from "../../extensions/checkout/source.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { InstalledEntry } from "../../wire/extensions/installed.ts";
import {
  installedSkill,
  installedSkills,
  refreshedSkill,
  skillsMarketplace,
} from "../../wire/extensions/skills.ts";
import { installedRoutes } from "./installed-routes.ts";

const skillRoute = group({ prefix: "/api/skills", tags: ["Skills"], auth: "key", access: "admin" });

/** `/api/skills/install…`: skills that are brought from elsewhere and kept, and the catalogue of those that can be. */
export function installedSkillRoutes(place: () => Promise<ExtensionPlace>): Route[] {
  return [
    ...installedRoutes(place, {
      noun: "skill",
      title: "Skill",
      pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
      invalid: "Invalid skill. Ensure the source contains a valid SKILL.md.",
      schemas: { one: installedSkill, all: installedSkills, refreshed: refreshedSkill },
      open: openSkills,
      show: async (_place, entry) => toShown(entry),
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
          responses: {
            200: {
              description: "Empty where the public catalogue cannot be brought",
              body: skillsMarketplace(),
            },
          },
        }),
      )
      .handle(async () => {
        const here = await place();
        const { publicSkills } = await import("../../extensions/marketplaces/public-catalogue.ts");
        const names = new Set((await (await openSkills(here)).list()).map(({ name }) => name));
        const skills = (await publicSkills(here)).map((one) => ({ ...one, installed: names.has(one.name) }));
        return { status: 200, body: { skills } };
      }),
  ];
}

async function openSkills(place: ExtensionPlace) {
  const { InstalledExtensions } = await import("../../extensions/installed/installed-extensions.ts");
  const { SKILLS } = await import("../../extensions/installed/extension-kinds.ts");
  return new InstalledExtensions(place, SKILLS);
}

/** An installed extension without what only the file has, and without the password of its address. */
export function toShown({ requested_ref: _asked, ...entry }: InstalledEntry) {
  return { ...entry, source: maskSource(entry.source) };
}
