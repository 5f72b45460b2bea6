import { z } from "zod";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import type { ConversationHandle } from "../../conversations/live/conversation-handle.ts";
import { AgentServerError } from "../../errors.ts";
import type { RouteAccess } from "../../http/access/route-access.ts";
import { group } from "../../http/route/group.ts";
import type { ResponseSpec } from "../../http/route/outcome.ts";
import { uuid } from "../../wire/ids.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { LazyWorkspace } from "../../workspace/lazy-workspace.ts";
import { isAbsolutePath, joinPath } from "../../workspace/paths.ts";
import { isWithin, type Place, placeWithin, resolvePath } from "../../workspace/place.ts";
import { notFound } from "../conversation-params.ts";
import { answeringFailures } from "./workspace-failure.ts";

/** The parsed parameters of a scope's prefix. */
export type ScopeParams = Readonly<Record<string, unknown>>;

/** A part of the API whose routes work on a machine: that of the server, or that of one conversation. */
export interface MachineScope {
  /** Stands before the path of each group of routes. */
  readonly prefix: string;
  /** Parameters of the prefix. */
  readonly params: z.ZodObject;
  /** Returns the access of a route that reads or changes something there. */
  access(does: "read" | "write"): RouteAccess;
  /** Answers of all its routes when there is no such machine. */
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Does something at the place of a request, which stays open meanwhile. */
  use<T>(params: ScopeParams, work: (place: Place) => Promise<T>): Promise<T>;
}

/** Declares routes below the prefix of a scope, such as `/api/git`. They require a key: an admin's, unless they say more. */
export function machineGroup(scope: MachineScope, name: string, tag: string) {
  const { prefix, params, responses } = scope;
  return group({
    prefix: `${prefix}/${name}`,
    params,
    responses,
    tags: [tag],
    auth: "key",
    access: "admin",
  });
}

export const forbidden = { description: "The machine does not allow it", body: errorBody } as const;

/** `/api/…`: the machine of the server, all of it. `kept` are paths that requests may read and not write. */
export function serverScope(machine: LazyWorkspace, kept: readonly string[]): MachineScope {
  return {
    prefix: "/api",
    params: z.object({}),
    access: () => "admin",
    responses: {},
    use: (_params, work) => answeringFailures(useMachine(machine, kept, work)),
  };
}

async function useMachine<T>(
  machine: LazyWorkspace,
  kept: readonly string[],
  work: (place: Place) => Promise<T>,
): Promise<T> {
  return work({ workspace: await machine.get(), root: null, kept });
}

const runtimeParams = z.object({ runtime_conversation_id: uuid });

/** `/api/conversations/{runtime_conversation_id}/…`: the machine of a conversation, below its working directory. */
export function conversationScope(conversations: ConversationManager): MachineScope {
  return {
    prefix: "/api/conversations/{runtime_conversation_id}",
    params: runtimeParams,
    access: (does) => `${does}:conversation`,
    responses: { 404: notFound },
    use: async (params, work) => {
      const { runtime_conversation_id: id } = runtimeParams.parse(params);
      return usePlace(await conversations.open(id), work);
    },
  };
}

/** Does something at the place of a conversation, below its working directory. */
export function usePlace<T>(
  conversation: ConversationHandle,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const used = conversation.useWorkspace(async (workspace) =>
    work(await placeWithin(workspace, workspace.info.workingDir)),
  );
  return answeringFailures(used);
}

/** The same scope, whose every use counts as activity of the server. */
export function withActivity(scope: MachineScope, onActivity: () => void): MachineScope {
  return {
    ...scope,
    use: (params, work) => {
      onActivity();
      return scope.use(params, work);
    },
  };
}

/**
 * Gives the one name of an absolute path in a query.
 *
 * @throws AgentServerError `bad_request` for a relative path, `unprocessable` for one outside a conversation's folder.
 */
export async function absolutePath(place: Place, path: string): Promise<string> {
  if (place.root === null && !isAbsolutePath(path)) {
    throw new AgentServerError("bad_request", "Path must be absolute");
  }
  return queryPath(place, path);
}

/**
 * The same for a path that the request writes to.
 *
 * @throws AgentServerError `forbidden` for a path that the server keeps for itself.
 */
export async function writablePath(place: Place, path: string): Promise<string> {
  const resolved = await absolutePath(place, path);
  for (const kept of place.kept) {
    if (!isWithin(await place.workspace.files.realPath(kept), resolved)) continue;
    throw new AgentServerError("forbidden", "Permission denied: the path belongs to the server");
  }
  return resolved;
}

/**
 * Gives the one name of a path in a query. Relative paths start at the working directory of the server's machine; in a
 * conversation every path must be absolute and lie in its working directory.
 *
 * @throws AgentServerError `unprocessable` for a path outside.
 */
export async function queryPath(place: Place, path: string, field = "path"): Promise<string> {
  const isLoose = place.root === null && !isAbsolutePath(path);
  const resolved = await resolvePath(place, isLoose ? joinPath(place.workspace.info.workingDir, path) : path);
  if (resolved.outcome === "resolved") return resolved.path;
  throw new AgentServerError("unprocessable", `${field} must be inside the conversation workspace`);
}
