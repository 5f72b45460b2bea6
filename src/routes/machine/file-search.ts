import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { queryBool, queryLimit } from "../../http/route/query.ts";
import type { Route } from "../../http/route/route.ts";
import { homeResponse, subdirectoryPage } from "../../wire/machine/files.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { joinPath } from "../../workspace/paths.ts";
import { indexOfToken, listSubfolders } from "../../workspace/subfolders.ts";
import { refused } from "../conversation-params.ts";
import { absolutePath, forbidden, type MachineScope, machineGroup } from "./machine-scope.ts";
import { statOrNull } from "./place-files.ts";

/** Folders of the home folder that are offered at once. */
const MAX_FAVORITES = 50;

const includeHidden = queryBool().default(false).describe("Whether names may begin with a dot");

/** `/api/file/home` and `/api/file/search_subdirs`: how a person finds the folder to work in. */
export function fileSearchRoutes(scope: MachineScope): Route[] {
  const fileRoute = machineGroup(scope, "file", "Files");
  return [
    fileRoute({
      method: "GET",
      path: "/home",
      id: "get_home_directory",
      summary: "Get the home folder and places to begin at",
      query: z.object({ include_hidden: includeHidden }),
      responses: { 200: { description: "Absolute paths", body: homeResponse } },
    }).handle(({ params, query }) =>
      scope.use(params, async ({ workspace: { files, info } }) => {
        // A home that cannot be read has nothing to offer; it is still the home.
        const names = await listSubfolders(files, info.home, { includeHidden: query.include_hidden }).catch(
          () => [],
        );
        return {
          status: 200,
          body: {
            home: info.home,
            favorites: names
              .slice(0, MAX_FAVORITES)
              .map((label) => ({ label, path: joinPath(info.home, label) })),
            locations: [{ label: "/", path: "/" }],
          },
        };
      }),
    ),

    fileRoute({
      method: "GET",
      path: "/search_subdirs",
      id: "search_subdirs",
      summary: "List the folders in a folder, a page at a time",
      query: z.object({
        path: z.string().describe("Absolute path"),
        page_id: z.string().optional().describe("`next_page_id` of the page before"),
        limit: queryLimit(),
        include_hidden: includeHidden,
      }),
      responses: {
        200: { description: "Links are left out", body: subdirectoryPage },
        400: refused,
        403: forbidden,
        404: { description: "There is no such folder", body: errorBody },
      },
    }).handle(({ params, query }) =>
      scope.use(params, async (place) => {
        const { files } = place.workspace;
        const path = await absolutePath(place, query.path);
        const status = await statOrNull(place.workspace, path);
        if (status === null) throw new AgentServerError("not_found", "Directory not found");
        if (status.type !== "directory") throw new AgentServerError("bad_request", "Path is not a directory");
        const names = await listSubfolders(files, path, { includeHidden: query.include_hidden });
        const start = query.page_id === undefined ? 0 : indexOfToken(names, query.page_id);
        const end = start + query.limit;
        return {
          status: 200,
          body: {
            items: names.slice(start, end).map((name) => ({ name, path: joinPath(query.path, name) })),
            next_page_id: names[end] ?? null,
          },
        };
      }),
    ),
  ];
}
