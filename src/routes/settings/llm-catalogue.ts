import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { LlmCatalogue } from "../../settings/llm-catalogue/llm-catalogue.ts";
import {
  modelsResponse,
  providersResponse,
  verifiedModelsResponse,
} from "../../wire/settings/llm-catalogue.ts";

const llmRoute = group({ prefix: "/api/llm", tags: ["LLM"], auth: "key", access: "read" });

/** `/api/llm`: names of providers and models to choose from. */
export function llmCatalogueRoutes(catalogue: () => Promise<LlmCatalogue>): Route[] {
  return [
    llmRoute
      .lazy({ method: "GET", path: "/providers", id: "list_providers", summary: "List providers" }, () => ({
        responses: { 200: { description: "Sorted", body: providersResponse() } },
      }))
      .handle(async () => ({ status: 200, body: { providers: (await catalogue()).providers() } })),

    llmRoute
      .lazy({ method: "GET", path: "/models", id: "list_models", summary: "List models" }, () => ({
        query: z.object({
          provider: z.string().nullable().optional().describe("Only models of this provider"),
        }),
        responses: { 200: { description: "Sorted; empty for an unknown provider", body: modelsResponse() } },
      }))
      .handle(async ({ query }) => ({
        status: 200,
        body: { models: await (await catalogue()).models(query.provider ?? undefined) },
      })),

    llmRoute
      .lazy(
        {
          method: "GET",
          path: "/models/verified",
          id: "list_verified_models",
          summary: "List verified models",
        },
        () => ({ responses: { 200: { description: "By provider", body: verifiedModelsResponse() } } }),
      )
      .handle(async () => ({ status: 200, body: { models: (await catalogue()).verified() } })),
  ];
}
