import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import { fetchSource } from "../checkout/fetch-source.ts";
import { readSource, type SourceText } from "../checkout/source.ts";
import { SourceError } from "../checkout/source-error.ts";
import type { ExtensionPlace } from "../place.ts";
import { pluginCache } from "../plugins/fetch-plugin.ts";
import { loadPlugin } from "../plugins/load-plugin.ts";
import { allSkills } from "../plugins/plugin.ts";
import { type Fetch, Marketplaces } from "./marketplaces.ts";

/** Milliseconds for all marketplaces of one request. */
const TIMEOUT = 120_000;

/**
 * Reads the skills that marketplaces load by themselves: of each marketplace its own skills, then those of its plugins
 * with their commands. What cannot be brought or read in time is logged and left out.
 */
export async function marketplaceSkills(
  place: ExtensionPlace,
  registrations: readonly MarketplaceRegistration[],
): Promise<Skill[]> {
  const fetch = fetchWithin(place, place.clock.now() + TIMEOUT);
  const skills: Skill[] = [];
  for (const registration of registrations) {
    const marketplace = new Marketplaces(place, { registrations: [registration], fetch });
    const loaded = await marketplace.autoLoaded();
    skills.push(...loaded.skills);
    for (const source of loaded.plugins) {
      try {
        skills.push(...allSkills(await loadPlugin(place, (await fetch(source)).path)));
      } catch (error) {
        place.logger.warn({ marketplace: registration.name, error }, "a plugin of a marketplace is left out");
      }
    }
  }
  return skills;
}

/** Variables in a source stay as they are: a list of skills has no secrets. */
function fetchWithin(place: ExtensionPlace, deadline: number): Fetch {
  return async (text: SourceText) => {
    if (place.clock.now() >= deadline) throw new SourceError("timeout", "Marketplaces took too long.");
    return fetchSource(place, readSource(text, place.workspace.info), {
      isStrict: false,
      cacheFolder: pluginCache(place),
      deadline,
    });
  };
}
