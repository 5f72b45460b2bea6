import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { extensionName } from "../../wire/extensions/installed.ts";
import {
  installedPlugin,
  installedPlugins,
  pluginsMarketplace,
  pluginsRequest,
  pluginsResponse,
} from "../../wire/extensions/plugins.ts";
import { errorBody } from "../../wire/validation-error.ts";

const pluginRoute = group({ prefix: "/api/plugins", tags: ["Plugins"], auth: "key" });

/** `/api/plugins`: plugins that lie on the server's machine. None are fetched from elsewhere. */
export function pluginRoutes(place: () => Promise<ExtensionPlace>): Route[] {
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
          method: "GET",
          path: "/installed",
          id: "list_installed_plugins_endpoint",
          summary: "List installed plugins",
        },
        () => ({ responses: { 200: { description: "Enabled or not", body: installedPlugins() } } }),
      )
      .handle(async () => ({ status: 200, body: { plugins: await installed(await place()) } })),

    pluginRoute
      .lazy(
        {
          method: "GET",
          path: "/installed/{plugin_name}",
          id: "get_installed_plugin_endpoint",
          summary: "Get an installed plugin",
        },
        () => ({
          params: z.object({ plugin_name: extensionName(/^[a-z0-9]+(?:-[a-z0-9]+)*$/) }),
          responses: {
            200: { description: "The plugin", body: installedPlugin() },
            404: { description: "It is not installed", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { plugin_name: wanted } }) => {
        const found = (await installed(await place())).find(({ name }) => name === wanted);
        if (found === undefined)
          throw new AgentServerError("not_found", `Plugin '${wanted}' is not installed`);
        return { status: 200, body: found };
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
          responses: { 200: { description: "None: no marketplace is asked", body: pluginsMarketplace() } },
        }),
      )
      .handle(() => ({ status: 200, body: { plugins: [] } })),
  ];
}

async function installed(place: ExtensionPlace) {
  const { installedPluginList } = await import("../../extensions/plugins/list-plugins.ts");
  return installedPluginList(place);
}
