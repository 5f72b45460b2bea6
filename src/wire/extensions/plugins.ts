import { z } from "zod";
import { once } from "../../once.ts";
import { secretsByName } from "../secret-limits.ts";
import { secretSource } from "../secret-source.ts";
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

/** Answer of `POST /api/plugins/installed/{plugin_name}/refresh`. */
export const refreshedPlugin = once(() =>
  z.object({ message: z.string(), plugin: installedPlugin() }).meta({ id: "UpdatePluginResponse" }),
);

/** Body of `POST /api/plugins/fetch`. */
export const fetchPluginRequest = once(() =>
  z
    .object({
      source: z.string().min(1).describe("`github:owner/repo[/folder]`, another git URL, or a path"),
      ref: z.string().nullable().default(null).describe("Branch, tag or commit"),
      repo_path: z.string().nullable().default(null).describe("Folder within the repository"),
      secrets: secretsByName(secretSource).default({}).describe("Values of the variables in source and ref"),
      timeout: z.int().min(1).max(600).default(60).describe("Seconds"),
    })
    .meta({ id: "FetchPluginRequest" }),
);

/** Answer of `POST /api/plugins/fetch`. */
export const fetchedPlugin = once(() =>
  z
    .object({
      path: z.string(),
      resolved_ref: z.string().nullable().describe("Commit"),
      source: z.string().describe("As it was sent"),
      repo_path: z.string().nullable(),
      manifest: z.record(z.string(), z.unknown()),
      skills: z.array(z.string()),
      commands: z.array(z.string()),
    })
    .meta({ id: "FetchPluginResponse" }),
);

export type FetchedPlugin = z.output<ReturnType<typeof fetchedPlugin>>;

const offeredPlugin = once(() =>
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
);

/** A plugin that can be installed. */
export type OfferedPlugin = z.output<ReturnType<typeof offeredPlugin>>;

/** Answer of `GET /api/plugins/marketplace`. */
export const pluginsMarketplace = once(() =>
  z
    .object({ plugins: z.array(offeredPlugin()) })
    .meta({ id: "openhands__agent_server__plugins_router__MarketplaceCatalogResponse" }),
);

/** Body of `POST /api/conversations/{conversation_id}/load_plugin`. */
export const loadPluginRequest = once(() =>
  z
    .object({ plugin_ref: z.string().describe("`name`, or `name@marketplace`") })
    .meta({ id: "Body_load_conversation_plugin_api_conversations__conversation_id__load_plugin_post" }),
);
