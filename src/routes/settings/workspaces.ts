import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { Saved } from "../../settings/workspaces/saved-workspaces.ts";
import {
  addParentsRequest,
  addWorkspacesRequest,
  deleteResponse,
  savedWorkspaces,
} from "../../wire/settings/workspaces.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { SettingsDeps } from "./settings-deps.ts";

const workspaceRoute = group({
  prefix: "/api/workspaces",
  tags: ["Workspaces"],
  auth: "key",
  access: "admin",
});

const listed = (description: string) => ({
  200: { description, body: savedWorkspaces() },
  409: { description: "The list is damaged and was left as it is", body: errorBody },
});

const removed = (what: string) => ({
  query: z.object({ path: z.string().describe(`Absolute path of the ${what}`) }),
  responses: {
    200: { description: "It is no longer in the list", body: deleteResponse() },
    404: { description: "It is not in the list", body: errorBody },
    409: { description: "The list is damaged and was left as it is", body: errorBody },
  },
});

/** `/api/workspaces`: a list of folders for pickers. No conversation depends on it. */
export function savedWorkspaceRoutes({ workspaces }: Pick<SettingsDeps, "workspaces">): Route[] {
  return [
    workspaceRoute
      .lazy({ method: "GET", path: "", id: "list_workspaces", summary: "List saved folders" }, () => ({
        responses: listed("Both lists"),
      }))
      .handle(async () => answer(await (await workspaces()).list())),

    workspaceRoute
      .lazy({ method: "POST", path: "", id: "add_workspaces", summary: "Add folders" }, () => ({
        body: addWorkspacesRequest(),
        responses: listed("Both lists. Of several folders with one path the first is kept"),
      }))
      .handle(async ({ body }) => answer(await (await workspaces()).addWorkspaces(body.workspaces))),

    workspaceRoute
      .lazy({ method: "DELETE", path: "", id: "delete_workspace", summary: "Remove a folder" }, () =>
        removed("folder"),
      )
      .handle(async ({ query }) => {
        if (await (await workspaces()).removeWorkspace(query.path)) return DELETED;
        throw new AgentServerError("not_found", "Workspace not found");
      }),

    workspaceRoute
      .lazy(
        {
          method: "POST",
          path: "/parents",
          id: "add_workspace_parents",
          summary: "Add folders of folders",
        },
        () => ({
          body: addParentsRequest(),
          responses: listed("Both lists. Of several folders with one path the first is kept"),
        }),
      )
      .handle(async ({ body }) => answer(await (await workspaces()).addParents(body.parents))),

    workspaceRoute
      .lazy(
        {
          method: "DELETE",
          path: "/parents",
          id: "delete_workspace_parent",
          summary: "Remove a folder of folders",
        },
        () => removed("folder of folders"),
      )
      .handle(async ({ query }) => {
        if (await (await workspaces()).removeParent(query.path)) return DELETED;
        throw new AgentServerError("not_found", "Workspace parent not found");
      }),
  ];
}

const DELETED = { status: 200, body: { deleted: true } } as const;

/** A folder without a parent has no such key, rather than null. */
function answer({ workspaces, workspaceParents }: Saved) {
  const shown = workspaces.map(({ parentPath, ...rest }) =>
    parentPath == null ? rest : { ...rest, parentPath },
  );
  return { status: 200 as const, body: { workspaces: shown, workspaceParents } };
}
