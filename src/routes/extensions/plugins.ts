import type { ExtensionPlace } from "../../extensions/place.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { InstalledEntry } from "../../wire/extensions/installed.ts";
import {
  fetchedPlugin,
  fetchPluginRequest,
  installedPlugin,
  installedPlugins,
  pluginsMarketplace,
  pluginsRequest,
  pluginsResponse,
  refreshedPlugin,
} from "../../wire/extensions/plugins.ts";
import type { SecretSource } from "../../wire/secret-source.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { fetchFailure } from "./fetch-failure.ts";
import { installedRoutes } from "./installed-routes.ts";
import { toShown } from "./installed-skills.ts";

const pluginRoute = group({ prefix: "/api/plugins", tags: ["Plugins"], auth: "key", access: "admin" });

/** The machine, and the values of secrets. */
export interface PluginDeps {
  place(): Promise<ExtensionPlace>;
  /** Resolves the value of a secret that a request brings. undefined for one without a value. */
  secretValue(source: SecretSource): Promise<string | undefined>;
}

/** `/api/plugins`: plugins that lie on the server's machine, and those that are brought there. */
export function pluginRoutes({ place, secretValue }: PluginDeps): Route[] {
  return [
    pluginRoute
      .lazy({ method: "POST", path: "", id: "get_plugins", summary: "List plugins by source" }, () => ({
        body: pluginsRequest(),
        responses: {
          200: { description: "Plugins of a project win over the user's", body: pluginsResponse() },
        },
      }))
      .handle(async ({ body: { load_user: ofUser, load_project: ofProject, project_dir: folder } }) => {
        const { listPlugins } = await import("../../extensions/plugins/list-plugins.ts");
        const projectDir = ofProject ? folder || null : null;
        return { status: 200, body: { plugins: await listPlugins(await place(), { ofUser, projectDir }) } };
      }),

    pluginRoute
      .lazy(
        {
          method: "POST",
          path: "/fetch",
          id: "fetch_plugin_endpoint",
          summary: "Bring a plugin, without installing it",
        },
        () => ({
          body: fetchPluginRequest(),
          responses: {
            200: { description: "The plugin in the cache", body: fetchedPlugin() },
            502: { description: "The source cannot be reached", body: errorBody },
            504: { description: "The source is too slow", body: errorBody },
          },
        }),
      )
      .handle(async ({ body, request }) => {
        const { fetchPlugin } = await import("../../extensions/plugins/fetch-plugin.ts");
        const { source, ref, repo_path: repoPath, secrets, timeout } = body;
        const fetched = fetchPlugin(await place(), {
          ...{ source, ref, repoPath, timeout: timeout * 1000, signal: request.signal },
          secret: async (name) => {
            const given = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
            return given === undefined ? undefined : secretValue(given);
          },
        });
        return { status: 200, body: await fetched.catch(fetchFailure) };
      }),

    ...installedRoutes(place, {
      noun: "plugin",
      title: "Plugin",
      pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
      invalid: "Invalid plugin. Ensure it has a valid kebab-case name.",
      schemas: { one: installedPlugin, all: installedPlugins, refreshed: refreshedPlugin },
      open: openPlugins,
      show: showPlugin,
    }),

    pluginRoute
      .lazy(
        {
          method: "GET",
          path: "/marketplace",
          id: "get_marketplace_catalog",
          summary: "List plugins to install",
        },
        () => ({
          responses: {
            200: {
              description: "Empty where the public catalogue cannot be brought",
              body: pluginsMarketplace(),
            },
          },
        }),
      )
      .handle(async () => {
        const here = await place();
        const { publicPlugins } = await import("../../extensions/marketplaces/public-catalogue.ts");
        const names = new Set((await (await openPlugins(here)).list()).map(({ name }) => name));
        const plugins = (await publicPlugins(here)).map((one) => ({
          ...one,
          installed: names.has(one.name),
        }));
        return { status: 200, body: { plugins } };
      }),
  ];
}

async function openPlugins(place: ExtensionPlace) {
  const { InstalledExtensions } = await import("../../extensions/installed/installed-extensions.ts");
  const { PLUGINS } = await import("../../extensions/installed/extension-kinds.ts");
  return new InstalledExtensions(place, PLUGINS);
}

/** A plugin that cannot be read any more is shown without what it brings. */
async function showPlugin(place: ExtensionPlace, entry: InstalledEntry) {
  const { orSkip } = await import("../../extensions/place.ts");
  const { pluginInfo } = await import("../../extensions/plugins/plugin-info.ts");
  const { installedPath } = await import("../../extensions/installed/record.ts");
  const path = installedPath(place, "plugins", entry.name);
  const content = await orSkip(place, path, () => pluginInfo(place, path));
  return { ...toShown(entry), skills: content?.skills ?? null, files: content?.files ?? null };
}
