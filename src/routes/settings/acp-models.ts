import { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { acpModelsRequest, acpModelsResponse } from "../../wire/settings/agent/acp-models.ts";

const acpRoute = group({ prefix: "/api/acp", tags: ["ACP"], auth: "key" });

const NOTHING_KNOWN = {
  agent_name: null,
  agent_version: null,
  current_model_id: null,
  available_models: [],
  supports_runtime_model_switch: false,
};

/** `/api/acp`: what other agents can do. This server starts none, and says so. */
export function acpModelRoutes(): Route[] {
  return [
    acpRoute
      .lazy(
        {
          method: "POST",
          path: "/models",
          id: "discover_models",
          summary: "List the models of an ACP agent",
        },
        () => ({
          body: acpModelsRequest(),
          responses: {
            200: {
              description: "The models, or an error that says why there are none",
              body: acpModelsResponse(),
            },
          },
        }),
      )
      .handle(({ body: { agent_settings: settings } }) => {
        if (settings.acp_server === "custom" && settings.acp_command.length === 0) {
          throw new AgentServerError(
            "unprocessable",
            "ACPAgentSettings.acp_command must be set when acp_server='custom' — there is no default to fall back to",
          );
        }
        const detail = `This server runs no ACP agents: '${settings.acp_server}' was not started, and no models of it are known`;
        return { status: 200, body: { ...NOTHING_KNOWN, error: { code: "ACPSpawnError", detail } } };
      }),
  ];
}
