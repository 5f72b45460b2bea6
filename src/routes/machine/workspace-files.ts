import { z } from "zod";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import { AgentServerError } from "../../errors.ts";
import { type ByteSource, bytes } from "../../http/content/bytes.ts";
import { mediaTypeOf } from "../../http/content/media-type.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type Place, placeWithin, resolvePath } from "../../workspace/place.ts";
import type { FileStatus } from "../../workspace/workspace-files.ts";
import { conversationParams, notFound, refused } from "../conversation-params.ts";
import { readableFile, statOrNull } from "./place-files.ts";
import { answeringFailures } from "./workspace-failure.ts";

/**
 * Pages that an agent wrote are shown as those of a stranger: their scripts run, but not as a page of this server, and
 * no browser takes a file for something other than it is declared as.
 */
const HEADERS = {
  "content-security-policy": "sandbox allow-scripts allow-forms allow-modals allow-popups allow-downloads",
  "x-content-type-options": "nosniff",
  "cache-control": "private, no-cache",
} as const;

const workspaceRoute = group({
  prefix: "/api/conversations/{conversation_id}/workspace",
  tags: ["Workspace"],
  auth: ["key", "cookie"],
  access: "read:conversation",
  cors: "any-origin",
  params: conversationParams,
});

const responses = {
  200: bytes("application/octet-stream", "The file, with its own media type"),
  400: refused,
  404: notFound,
};

/** `/api/conversations/{id}/workspace/…`: the files of a conversation's working directory, for browsers. */
export function workspaceFileRoutes(conversations: ConversationManager): Route[] {
  const answer = async (id: string, name: string) => {
    const conversation = await conversations.open(id);
    const finding = conversation.useWorkspace(async (workspace) =>
      findFile(await placeWithin(workspace, workspace.info.workingDir), name),
    );
    const { path, source } = await answeringFailures(finding);
    return {
      status: 200 as const,
      bytes: source,
      headers: { ...HEADERS, "content-type": await mediaTypeOf(path) },
    };
  };
  return [
    workspaceRoute({
      method: "GET",
      path: "",
      id: "serve_workspace_root",
      runsOn: "owner",
      summary: "Get the index.html of the working directory",
      responses,
    }).handle(({ params }) => answer(params.conversation_id, "")),

    workspaceRoute({
      method: "GET",
      path: "/{file_path:path}",
      id: "serve_workspace_file",
      runsOn: "owner",
      summary: "Get a file of the working directory, or the index.html of a folder in it",
      params: z.object({ file_path: z.string() }),
      responses,
    }).handle(({ params }) => answer(params.conversation_id, params.file_path)),
  ];
}

interface FoundFile {
  path: string;
  source: ByteSource;
}

async function findFile(place: Place, name: string): Promise<FoundFile> {
  const { workspace } = place;
  const folder = await statOrNull(workspace, workspace.info.workingDir);
  if (folder?.type !== "directory") throw missing("Workspace directory does not exist");
  const path = await resolved(place, joinPath(workspace.info.workingDir, name));
  const status = await statOrNull(workspace, path);
  if (status?.type !== "directory") return found(place, path, status, "File not found");
  const index = await resolved(place, joinPath(path, "index.html"));
  return found(place, index, await statOrNull(workspace, index), "No index.html in directory");
}

async function resolved(place: Place, path: string): Promise<string> {
  const result = await resolvePath(place, path);
  if (result.outcome === "resolved") return result.path;
  throw new AgentServerError("bad_request", "Path is outside the workspace");
}

function found({ workspace }: Place, path: string, status: FileStatus | null, detail: string): FoundFile {
  if (status?.type !== "file") throw missing(detail);
  return { path, source: readableFile(workspace, path, status) };
}

function missing(detail: string): AgentServerError {
  return new AgentServerError("not_found", detail);
}
