import { z } from "zod";
import { group } from "../../http/route/group.ts";
import { queryInt } from "../../http/route/query.ts";
import type { Route } from "../../http/route/route.ts";
import { gitProvider, repositoryPage } from "../../wire/settings/repositories.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

const repositoryRoute = group({
  prefix: "/api/git/repositories",
  tags: ["Git"],
  auth: "key",
  access: "admin",
});

/** `/api/git/repositories`: repositories at a provider that the token among the kept secrets may read. */
export function repositoryRoutes({ repositories }: Pick<SettingsDeps, "repositories">): Route[] {
  return [
    repositoryRoute
      .lazy(
        {
          method: "GET",
          path: "/search",
          id: "git_repositories_search",
          summary: "Search the repositories that a token may read",
        },
        () => ({
          query: z.object({
            provider: gitProvider(),
            query: z.string().nullable().optional().describe("Part of the name, in any case"),
            limit: queryInt({ min: 1, max: 100 }).default(100),
            page_id: z.string().nullable().optional().describe("From `next_page_id`"),
          }),
          responses: {
            200: { description: "Those that were pushed to last first", body: repositoryPage() },
            400: { description: "The provider or the page is not known", body: errorBody },
            401: { description: "The provider refuses the token", body: errorBody },
            403: { description: "The token may not list repositories", body: errorBody },
          },
        }),
      )
      .handle(async ({ query: { provider, query, limit, page_id } }) => ({
        status: 200,
        body: await (await repositories()).search({
          provider,
          query: query ?? undefined,
          limit,
          pageId: page_id ?? undefined,
        }),
      })),
  ];
}
