import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import {
  assertServerAbsent,
  assertServerPresent,
  serverUpdate,
} from "../../settings/server-settings/mcp-servers.ts";
import type { ServerSettings } from "../../settings/server-settings/server-settings.ts";
import { mcpServer } from "../../wire/agent/mcp-server.ts";
import { mcpServerPatch } from "../../wire/settings/mcp-server-patch.ts";
import { settingsResponse } from "../../wire/settings/settings.ts";
import { errorBody } from "../../wire/validation-error.ts";

const serverRoute = group({
  prefix: "/api/settings/mcp/{settings_key}",
  tags: ["Settings"],
  auth: "key",
  access: "admin",
});

/** `/api/settings/mcp/{settings_key}`: one MCP server of the settings, by its name. */
export function mcpServerRoutes(settings: () => Promise<ServerSettings>): Route[] {
  const missing = { description: "There is no server of that name", body: errorBody };
  return [
    serverRoute
      .lazy(
        { method: "POST", path: "", id: "create_mcp_server", summary: "Add an MCP server to the settings" },
        () => ({
          params: params(),
          body: mcpServer,
          responses: {
            201: { description: "The settings with the server", body: settingsResponse() },
            409: { description: "There is a server of that name", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { settings_key: key }, body }) => {
        const service = await settings();
        const updated = await service.update(serverUpdate(key, body), (stored) =>
          assertServerAbsent(key, stored),
        );
        return { status: 201, body: service.show(updated, "redacted") };
      }),

    serverRoute
      .lazy(
        {
          method: "PATCH",
          path: "",
          id: "patch_mcp_server",
          summary: "Change an MCP server of the settings",
        },
        () => ({
          params: params(),
          body: mcpServerPatch(),
          responses: {
            200: { description: "The settings after the change", body: settingsResponse() },
            404: missing,
          },
        }),
      )
      .handle(async ({ params: { settings_key: key }, body }) => {
        const service = await settings();
        const updated = await service.update(serverUpdate(key, body), (stored) =>
          assertServerPresent(key, stored),
        );
        return { status: 200, body: service.show(updated, "redacted") };
      }),

    serverRoute
      .lazy(
        {
          method: "DELETE",
          path: "",
          id: "delete_mcp_server",
          summary: "Remove an MCP server from the settings",
        },
        () => ({
          params: params(),
          responses: {
            200: { description: "The settings without the server", body: settingsResponse() },
            404: missing,
          },
        }),
      )
      .handle(async ({ params: { settings_key: key } }) => {
        const service = await settings();
        const updated = await service.update(serverUpdate(key, null), (stored) =>
          assertServerPresent(key, stored),
        );
        return { status: 200, body: service.show(updated, "redacted") };
      }),
  ];
}

function params() {
  return z.object({ settings_key: z.string() });
}
