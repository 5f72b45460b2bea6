import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import {
  deletedResponse,
  secretCreateRequest,
  secretItem,
  secretsResponse,
} from "../../wire/settings/secrets.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

const secretRoute = group({
  prefix: "/api/settings/secrets",
  tags: ["Settings"],
  auth: "key",
  access: "admin",
});

const named = () => z.object({ name: z.string() });
const notFound = () => ({ description: "There is no such secret, or it has no value", body: errorBody });

/** `/api/settings/secrets`: the secrets that users keep on the server. Only the route of one value shows it. */
export function secretRoutes({ secrets }: Pick<SettingsDeps, "secrets">): Route[] {
  return [
    secretRoute
      .lazy({ method: "GET", path: "", id: "list_secrets", summary: "List secrets without values" }, () => ({
        query: z.object({
          agent_profile_id: z
            .string()
            .nullable()
            .optional()
            .describe("Only the secrets that this agent profile may use"),
        }),
        responses: {
          200: { description: "In the order of their making", body: secretsResponse() },
          404: { description: "There is no such agent profile", body: errorBody },
        },
      }))
      .handle(async ({ query }) => ({
        status: 200,
        body: { secrets: await (await secrets()).list(query.agent_profile_id ?? undefined) },
      })),

    secretRoute
      .lazy({ method: "PUT", path: "", id: "create_secret", summary: "Add or replace a secret" }, () => ({
        body: secretCreateRequest(),
        responses: { 200: { description: "The secret without its value", body: secretItem() } },
      }))
      .handle(async ({ body }) => ({ status: 200, body: await (await secrets()).set(body) })),

    secretRoute
      .lazy({ method: "GET", path: "/{name}", id: "get_secret_value", summary: "Get the value" }, () => ({
        params: named(),
        responses: { 200: { description: "The value as plain text" }, 404: notFound() },
      }))
      .handle(async ({ params }) => {
        const value = await (await secrets()).value(params.name);
        if (value === null) throw unknownSecret();
        return new Response(value, { headers: { "content-type": "text/plain; charset=utf-8" } });
      }),

    secretRoute
      .lazy({ method: "DELETE", path: "/{name}", id: "delete_secret", summary: "Remove a secret" }, () => ({
        params: named(),
        responses: { 200: { description: "It is removed", body: deletedResponse() }, 404: notFound() },
      }))
      .handle(async ({ params }) => {
        if (!(await (await secrets()).remove(params.name))) throw unknownSecret();
        return { status: 200, body: { deleted: true } };
      }),
  ];
}

function unknownSecret(): AgentServerError {
  return new AgentServerError("not_found", "Secret not found");
}
