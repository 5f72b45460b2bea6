import type { MarketplaceRegistration } from "../../wire/agent/agent-context.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import { triggerWords } from "../../wire/agent/trigger-words.ts";
import type { SkillCatalogEntry, SkillInfo, SkillsRequest } from "../../wire/extensions/skills.ts";
import { marketplaceSkills } from "../marketplaces/marketplace-skills.ts";
import type { ExtensionPlace } from "../place.ts";
import { organisationSkills } from "./organisation-skills.ts";
import { projectSkills } from "./project-skills.ts";
import { sharedSkills } from "./shared-skills.ts";

/** Skills that clients may see, and how many each source had. */
export interface ListedSkills {
  skills: SkillInfo[];
  sources: Record<string, number>;
}

/** The skills that agent profiles choose from. */
const WHOLE_CATALOGUE = { ofUser: true, isPublic: true, list: "marketplaces/default.json" } as const;

/** Addresses of the sandbox with this at the beginning of their name are for the agent. */
const FOR_AGENT = "WORKER_";

/**
 * Lists the skills of the sources that a request names; later sources win. A marketplace of the request takes the place
 * of the one that the server registers under its name, and those that load nothing by themselves are not opened.
 */
export async function listSkills(
  place: ExtensionPlace,
  request: SkillsRequest,
  registered: readonly MarketplaceRegistration[],
): Promise<ListedSkills> {
  const { load_user: ofUser, load_public: isPublic, marketplace_path: list } = request;
  const { load_project: ofProject, project_dir: projectDir, load_org: ofOrganisations } = request;
  const [ofMarketplaces, shared, ofOrgs, ofTheProject] = await Promise.all([
    isPublic ? marketplaceSkills(place, automatic(registered, request.registered_marketplaces)) : [],
    sharedSkills(place, { ofUser, isPublic, list }),
    ofOrganisations ? organisationSkills(place, request.org_configs ?? []) : [],
    ofProject && projectDir ? projectSkills(place, projectDir) : [],
  ]);
  const sources: Record<string, Skill[]> = {
    sandbox: sandboxSkills(request),
    registered_marketplaces: ofMarketplaces,
    sdk_base: shared.map(({ skill }) => skill),
    org: ofOrgs,
    project: ofTheProject,
  };
  const byName = new Map(Object.values(sources).flatMap((list) => list.map((one) => [one.name, one])));
  const counts = Object.entries(sources).map(([source, { length }]) => [source, length]);
  return { skills: [...byName.values()].map(toSkillInfo), sources: Object.fromEntries(counts) };
}

/** Lists the skills that the launch of an agent profile can load, without those of projects. */
export async function listCatalogue(place: ExtensionPlace): Promise<SkillCatalogEntry[]> {
  const shared = await sharedSkills(place, WHOLE_CATALOGUE);
  return shared.map(({ skill, origin }) => ({ ...toSkillInfo(skill), origin }));
}

function automatic(
  ofServer: readonly MarketplaceRegistration[],
  ofRequest: readonly MarketplaceRegistration[],
): MarketplaceRegistration[] {
  const byName = new Map([...ofServer, ...ofRequest].map((one) => [one.name, one]));
  return [...byName.values()].filter(({ auto_load: auto }) => auto === true || (auto && auto.length > 0));
}

function toSkillInfo(one: Skill): SkillInfo {
  const { name, content, source, description, trigger, is_agentskills_format: isStandard } = one;
  return {
    name,
    type: isStandard ? "agentskills" : trigger === null ? "repo" : "knowledge",
    content,
    triggers: [...triggerWords(one)],
    source,
    description,
    is_agentskills_format: isStandard,
    disable_model_invocation: one.disable_model_invocation,
  };
}

function sandboxSkills({ sandbox_config: sandbox }: SkillsRequest): Skill[] {
  const urls = (sandbox?.exposed_urls ?? []).filter(({ name }) => name.startsWith(FOR_AGENT));
  if (urls.length === 0) return [];
  const hosts = urls.map(({ url, port }) => `* ${url} (port ${port})`).join("\n");
  return [
    {
      name: "work_hosts",
      content: `Web applications that you start are reached by the user under these addresses, by port:\n${hosts}`,
      trigger: null,
      source: null,
      mcp_tools: null,
      inputs: [],
      is_agentskills_format: false,
      version: "1.0.0",
      description: null,
      license: null,
      compatibility: null,
      metadata: null,
      allowed_tools: null,
      disable_model_invocation: false,
      resources: null,
    },
  ];
}
