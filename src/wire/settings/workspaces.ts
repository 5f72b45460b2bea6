import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { once } from "../../once.ts";

const MAX_PATH = 4_096;
const MAX_NAME = 256;

const place = () => ({
  id: z.string().min(1).max(MAX_PATH),
  name: z.string().min(1).max(MAX_NAME),
  path: z.string().min(1).max(MAX_PATH),
});

/** A folder that clients offer as a workspace. `parent_path` is accepted for `parentPath`. */
export const workspaceItem = once(() =>
  z.preprocess(
    withWireName,
    z
      .object({ ...place(), parentPath: z.string().max(MAX_PATH).nullable().optional() })
      .meta({ id: "WorkspaceItem" }),
  ),
);

/** A folder whose folders clients offer as workspaces. */
export const workspaceParent = once(() => z.object(place()).meta({ id: "WorkspaceParentItem" }));

/** Every saved folder: the answer of the routes, and the document. */
export const savedWorkspaces = once(() =>
  z
    .object({
      workspaces: z.array(workspaceItem()).default(() => []),
      workspaceParents: z.array(workspaceParent()).default(() => []),
    })
    .meta({ id: "WorkspacesListResponse" }),
);

/** Body of `POST /api/workspaces`. */
export const addWorkspacesRequest = once(() =>
  z.object({ workspaces: z.array(workspaceItem()) }).meta({ id: "AddWorkspacesRequest" }),
);

/** Body of `POST /api/workspaces/parents`. */
export const addParentsRequest = once(() =>
  z.object({ parents: z.array(workspaceParent()) }).meta({ id: "AddWorkspaceParentsRequest" }),
);

/** Answer of a removal. */
export const deleteResponse = once(() =>
  z.object({ deleted: z.boolean().default(true) }).meta({ id: "DeleteResponse" }),
);

function withWireName(input: unknown): unknown {
  if (!isObject(input) || "parentPath" in input || !("parent_path" in input)) return input;
  const { parent_path, ...rest } = input;
  return { ...rest, parentPath: parent_path };
}
