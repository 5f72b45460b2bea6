import { z } from "zod";
import { once } from "../../once.ts";
import { installedExtension } from "./installed.ts";

/** Body of `POST /api/plugins`: the sources to list. */
export const pluginsRequest = once(() =>
  z
    .object({
      load_user: z.boolean().default(true),
      load_project: z.boolean().default(true),
      project_dir: z.string().nullable().default(null).describe("Folder of a project"),
    })
    .meta({ id: "PluginsRequest" }),
);

const skillSummary = once(() =>
  z
    .object({ name: z.string(), description: z.string().nullable().default(null) })
    .meta({ id: "PluginSkillSummary" }),
);

const files = once(() => z.array(z.string()).describe("Paths within the plugin, at most 2,000"));

const pluginInfo = once(() =>
  z
    .object({
      name: z.string(),
      version: z.string().default(""),
      description: z.string().default(""),
      path: z.string().default(""),
      skills: z.array(skillSummary()).default([]),
      files: files().default([]),
    })
    .meta({ id: "PluginInfo" }),
);

/** A plugin as clients list it. */
export type PluginInfo = z.output<ReturnType<typeof pluginInfo>>;

/** Answer of `POST /api/plugins`. */
export const pluginsResponse = once(() =>
  z.object({ plugins: z.array(pluginInfo()) }).meta({ id: "PluginsResponse" }),
);

/** Answer of `GET /api/plugins/installed/{plugin_name}`. */
export const installedPlugin = once(() =>
  installedExtension()
    .extend({
      skills: z.array(skillSummary()).nullable().default(null).describe("null when it cannot be loaded"),
      files: files().nullable().default(null),
    })
    .meta({ id: "InstalledPluginResponse" }),
);

export type InstalledPlugin = z.output<ReturnType<typeof installedPlugin>>;

/** Answer of `GET /api/plugins/installed`. */
export const installedPlugins = once(() =>
  z.object({ plugins: z.array(installedPlugin()) }).meta({ id: "InstalledPluginsListResponse" }),
);

/** Answer of `GET /api/plugins/marketplace`. */
export const pluginsMarketplace = once(() =>
  z
    .object({
      plugins: z.array(
        z
          .object({
            name: z.string(),
            description: z.string().nullable(),
            source: z.string(),
            ref: z.string().nullable().default(null),
            repo_path: z.string().nullable().default(null),
            installed: z.boolean(),
            path: z.string().nullable().default(null),
            skills: z.array(skillSummary()).nullable().default(null),
            files: z.array(z.string()).nullable().default(null),
          })
          .meta({ id: "MarketplacePluginInfo" }),
      ),
    })
    .meta({ id: "openhands__agent_server__plugins_router__MarketplaceCatalogResponse" }),
);
