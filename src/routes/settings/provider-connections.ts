import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import {
  connectionCreateRequest,
  connectionResponse,
  connectionUpdateRequest,
} from "../../wire/settings/provider-connections.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

const connectionRoute = group({
  prefix: "/api/llm/provider-connections",
  tags: ["LLM Provider Connections"],
  auth: "key",
  access: "admin",
});

const byId = () => z.object({ connection_id: z.string() });
const one = (description: string) => ({ description, body: connectionResponse() });
const refused = (description: string) => ({ description, body: errorBody });
const unreadable = () => ({ 400: refused("The key of a connection is of another secret key") });
const unknown = () => ({ 404: refused("There is no such connection") });

/** `/api/llm/provider-connections`: keys and addresses of providers that LLM profiles share. */
export function providerConnectionRoutes({ connections }: Pick<SettingsDeps, "connections">): Route[] {
  return [
    connectionRoute
      .lazy(
        { method: "GET", path: "", id: "list_provider_connections", summary: "List connections" },
        () => ({
          responses: {
            200: { description: "In the order of their making", body: z.array(connectionResponse()) },
            ...unreadable(),
          },
        }),
      )
      .handle(async () => ({ status: 200, body: await (await connections()).list() })),

    connectionRoute
      .lazy(
        { method: "POST", path: "", id: "create_provider_connection", summary: "Add a connection" },
        () => ({
          body: connectionCreateRequest(),
          responses: {
            201: one("The connection without its key"),
            ...unreadable(),
            409: refused("There are as many connections as are allowed"),
          },
        }),
      )
      .handle(async ({ body }) => ({ status: 201, body: await (await connections()).create(body) })),

    connectionRoute
      .lazy(
        {
          method: "PATCH",
          path: "/{connection_id}",
          id: "update_provider_connection",
          summary: "Change a connection",
        },
        () => ({
          params: byId(),
          body: connectionUpdateRequest(),
          responses: { 200: one("The connection without its key"), ...unreadable(), ...unknown() },
        }),
      )
      .handle(async ({ params, body }) => ({
        status: 200,
        body: await (await connections()).update(params.connection_id, body),
      })),

    connectionRoute
      .lazy(
        {
          method: "DELETE",
          path: "/{connection_id}",
          id: "delete_provider_connection",
          summary: "Remove a connection",
        },
        () => ({
          params: byId(),
          responses: {
            200: one("The connection that was removed"),
            ...unreadable(),
            ...unknown(),
            409: refused("An LLM profile or the settings refer to it"),
          },
        }),
      )
      .handle(async ({ params }) => ({
        status: 200,
        body: await (await connections()).remove(params.connection_id),
      })),
  ];
}
