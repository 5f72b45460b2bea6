import { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { readExposure } from "../../settings/server-settings/exposure.ts";
import { settingsResponse, settingsUpdateRequest } from "../../wire/settings/settings.ts";
import { settingsSchema } from "../../wire/settings/settings-schema.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { mcpServerRoutes } from "./mcp-servers.ts";
import type { SettingsDeps } from "./settings-deps.ts";

const settingsRoute = group({ prefix: "/api/settings", tags: ["Settings"], auth: "key", access: "admin" });

const CHANGES = [
  "agent_settings_diff",
  "conversation_settings_diff",
  "misc_settings_diff",
  "active_profile",
  "active_agent_profile_id",
  "active_meta_profile",
] as const;

/** `/api/settings`: the settings of this server, and the forms in which clients show them. */
export function settingsRoutes({ serverSettings }: Pick<SettingsDeps, "serverSettings">): Route[] {
  return [
    settingsRoute
      .lazy(
        {
          method: "GET",
          path: "",
          id: "get_settings",
          summary: "Get the settings",
          headers: {
            "X-Expose-Secrets": "`encrypted` or `plaintext`. Default: secrets are shown as asterisks",
          },
        },
        () => ({
          responses: {
            200: { description: "Defaults where nothing was set", body: settingsResponse() },
            400: { description: "The header has another value", body: errorBody },
            503: { description: "There is no secret key to encrypt with", body: errorBody },
          },
        }),
      )
      .handle(async ({ request }) => {
        const exposure = readExposure(request.headers.get("x-expose-secrets"));
        const service = await serverSettings();
        return { status: 200, body: service.show(await service.read(), exposure) };
      }),

    settingsRoute
      .lazy({ method: "PATCH", path: "", id: "update_settings", summary: "Change settings" }, () => ({
        body: settingsUpdateRequest(),
        responses: {
          200: { description: "The settings after the change", body: settingsResponse() },
          400: { description: "Nothing is to be changed", body: errorBody },
          404: { description: "There is no such profile", body: errorBody },
          409: { description: "The stored settings cannot be read, and stay as they are", body: errorBody },
        },
      }))
      .handle(async ({ body }) => {
        const hasChange = CHANGES.some((name) =>
          name.endsWith("_diff") ? body[name] != null : body[name] !== undefined,
        );
        if (!hasChange) throw new AgentServerError("bad_request", NO_CHANGE);
        const service = await serverSettings();
        return { status: 200, body: service.show(await service.update(body), "redacted") };
      }),

    settingsRoute
      .lazy(
        {
          method: "GET",
          path: "/agent-schema",
          id: "get_agent_settings_schema",
          access: "read",
          summary: "Get the form of an agent's settings",
        },
        () => ({ responses: { 200: { description: "Sections with fields", body: settingsSchema() } } }),
      )
      .handle(async () => ({ status: 200, body: (await schemas()).agentSettingsSchema() })),

    settingsRoute
      .lazy(
        {
          method: "GET",
          path: "/conversation-schema",
          id: "get_conversation_settings_schema",
          access: "read",
          summary: "Get the form of the settings of conversations",
        },
        () => ({ responses: { 200: { description: "Sections with fields", body: settingsSchema() } } }),
      )
      .handle(async () => ({ status: 200, body: (await schemas()).conversationSettingsSchema() })),

    ...mcpServerRoutes(serverSettings),
  ];
}

const NO_CHANGE = `At least one of ${CHANGES.slice(0, -1).join(", ")}, or ${CHANGES.at(-1)} must be provided`;

function schemas() {
  return import("../../settings/server-settings/schema/settings-schemas.ts");
}
