import type { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import { acpModelsRequest, acpModelsResponse } from "../../wire/settings/agent/acp-models.ts";
import type { AcpSettings } from "../../wire/settings/agent/agent-settings.ts";

/** A question for the models of a program. */
export interface AcpModelsQuestion {
  settings: AcpSettings;
  /** Secrets that sign the program in. */
  secrets: SecretSources;
  /** Whether the program is asked whatever is known. */
  refresh: boolean;
}

/** Knows the models of programs, and asks those that it does not know. */
export interface AcpModels {
  /**
   * @throws AgentServerError `unprocessable` for settings that name no program, `not_implemented` where each conversation has
   * another machine, `too_many_requests`
   */
  models(question: AcpModelsQuestion): Promise<z.output<ReturnType<typeof acpModelsResponse>>>;
}

const acpRoute = group({ prefix: "/api/acp", tags: ["ACP"], auth: "key", access: "admin" });

/** `/api/acp`: what agents that are other programs can do. */
export function acpModelRoutes(programs: AcpModels): Route[] {
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
      .handle(async ({ body: { agent_settings: settings, secrets, refresh } }) => ({
        status: 200,
        body: await programs.models({ settings, secrets, refresh }),
      })),
  ];
}
