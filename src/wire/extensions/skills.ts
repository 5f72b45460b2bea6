import { z } from "zod";
import { once } from "../../once.ts";
import { marketplaceRegistration } from "../agent/agent-context.ts";
import { installedExtension } from "./installed.ts";

const exposedUrl = once(() =>
  z.object({ name: z.string(), url: z.string(), port: z.int() }).meta({ id: "ExposedUrl" }),
);

const orgConfig = once(() =>
  z
    .object({
      repository: z.string(),
      provider: z.string(),
      org_repo_url: z.string().describe("With credentials, which are never shown"),
      org_name: z.string(),
    })
    .meta({ id: "OrgConfig" }),
);

/** A repository with the skills of an organisation. */
export type OrgConfig = z.output<ReturnType<typeof orgConfig>>;

/** Body of `POST /api/skills`: the sources to list. */
export const skillsRequest = once(() =>
  z
    .object({
      load_public: z.boolean().default(true),
      load_user: z.boolean().default(true),
      load_project: z.boolean().default(true),
      load_org: z.boolean().default(true),
      marketplace_path: z.string().nullable().default("marketplaces/default.json"),
      registered_marketplaces: z.array(marketplaceRegistration).default([]),
      project_dir: z.string().nullable().default(null).describe("Folder of a project"),
      org_configs: z.array(orgConfig()).nullable().default(null),
      sandbox_config: z
        .object({ exposed_urls: z.array(exposedUrl()).default([]) })
        .meta({ id: "SandboxConfig" })
        .nullable()
        .default(null),
    })
    .meta({ id: "SkillsRequest" }),
);

export type SkillsRequest = z.output<ReturnType<typeof skillsRequest>>;

const skillFields = once(() => ({
  name: z.string(),
  type: z.enum(["repo", "knowledge", "agentskills"]),
  content: z.string(),
  triggers: z.array(z.string()).default([]),
  source: z.string().nullable().default(null).describe("Path of the file"),
  description: z.string().nullable().default(null),
  is_agentskills_format: z.boolean().default(false),
  disable_model_invocation: z.boolean().default(false),
}));

const skillInfo = once(() => z.object(skillFields()).meta({ id: "SkillInfo" }));

/** A skill as clients list it. */
export type SkillInfo = z.output<ReturnType<typeof skillInfo>>;

/** Answer of `POST /api/skills`. */
export const skillsResponse = once(() =>
  z
    .object({
      skills: z.array(skillInfo()),
      sources: z.record(z.string(), z.int()).default({}).describe("Number of skills by source"),
    })
    .meta({ id: "SkillsResponse" }),
);

const skillCatalogEntry = once(() =>
  z.object({ ...skillFields(), origin: z.enum(["public", "user"]) }).meta({ id: "SkillCatalogEntry" }),
);

/** A skill that the launch of an agent profile can load. */
export type SkillCatalogEntry = z.output<ReturnType<typeof skillCatalogEntry>>;

/** Answer of `GET /api/skills/catalog`. */
export const skillCatalogResponse = once(() =>
  z.object({ skills: z.array(skillCatalogEntry()) }).meta({ id: "SkillCatalogResponse" }),
);

/** Answer of `POST /api/skills/sync`. */
export const syncResponse = once(() =>
  z.object({ status: z.enum(["success", "error"]), message: z.string() }).meta({ id: "SyncResponse" }),
);

/** Answer of `GET /api/skills/installed/{skill_name}`. */
export const installedSkill = once(() => installedExtension().meta({ id: "InstalledSkillResponse" }));

/** Answer of `POST /api/skills/installed/{skill_name}/refresh`. */
export const refreshedSkill = once(() =>
  z.object({ message: z.string(), skill: installedSkill() }).meta({ id: "UpdateSkillResponse" }),
);

/** Answer of `GET /api/skills/installed`. */
export const installedSkills = once(() =>
  z.object({ skills: z.array(installedSkill()) }).meta({ id: "InstalledSkillsListResponse" }),
);

const offeredSkill = once(() =>
  z
    .object({
      name: z.string(),
      description: z.string().nullable(),
      source: z.string(),
      installed: z.boolean(),
    })
    .meta({ id: "MarketplaceSkillInfo" }),
);

/** A skill that can be installed. */
export type OfferedSkill = z.output<ReturnType<typeof offeredSkill>>;

/** Answer of `GET /api/skills/marketplace`. */
export const skillsMarketplace = once(() =>
  z
    .object({ skills: z.array(offeredSkill()) })
    .meta({ id: "openhands__agent_server__skills_router__MarketplaceCatalogResponse" }),
);
