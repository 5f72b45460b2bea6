import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { type ByteSource, bytes } from "../../http/content/bytes.ts";
import { attachment } from "../../http/content/disposition.ts";
import { type Upload, upload } from "../../http/content/upload.ts";
import type { Route } from "../../http/route/route.ts";
import { success } from "../../wire/conversation.ts";
import { fileUploadResult } from "../../wire/machine/files.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { nameOf } from "../../workspace/paths.ts";
import type { Place } from "../../workspace/place.ts";
import { refused, SUCCESS } from "../conversation-params.ts";
import { absolutePath, forbidden, type MachineScope, machineGroup, writablePath } from "./machine-scope.ts";
import { leadsThroughFile, readableFile, statOrNull } from "./place-files.ts";

const pathQuery = z.object({ path: z.string().describe("Absolute path") });
const missing = { description: "There is no such file", body: errorBody } as const;

/** `…/file`: files of a machine, in and out. */
export function fileRoutes(scope: MachineScope): Route[] {
  const fileRoute = machineGroup(scope, "file", "Files");
  return [
    fileRoute({
      method: "POST",
      path: "/upload",
      id: "upload_file_query",
      access: scope.access("write"),
      runsOn: "owner",
      summary: "Put a file in place, whole or not at all; folders above it are made",
      query: pathQuery,
      body: upload("file"),
      responses: { 200: { description: "In place", body: fileUploadResult }, 400: refused, 403: forbidden },
    }).handle(({ params, query, body }) =>
      scope.use(params, async (place) => {
        await writeUpload(place, await writablePath(place, query.path), body);
        return { status: 200, body: { success: true, file_size: body.size } };
      }),
    ),

    fileRoute({
      method: "GET",
      path: "/download",
      id: "download_file_query",
      access: scope.access("read"),
      runsOn: "owner",
      summary: "Get a file, or a range of it",
      query: pathQuery,
      responses: {
        200: bytes("application/octet-stream", "The file"),
        400: refused,
        403: forbidden,
        404: missing,
      },
    }).handle(({ params, query }) =>
      scope.use(params, async (place) => {
        const path = await absolutePath(place, query.path);
        const headers = { "content-disposition": attachment(nameOf(query.path)) };
        return { status: 200, bytes: await sourceOf(place, path), headers };
      }),
    ),

    fileRoute({
      method: "POST",
      path: "/create_directory",
      id: "create_directory",
      access: scope.access("write"),
      runsOn: "owner",
      summary: "Make a folder and those missing above it",
      query: pathQuery,
      responses: { 200: { description: "It exists now", body: success }, 400: refused, 403: forbidden },
    }).handle(({ params, query }) =>
      scope.use(params, async (place) => {
        await makeDirectory(place, await writablePath(place, query.path));
        return SUCCESS;
      }),
    ),
  ];
}

async function writeUpload({ workspace }: Place, path: string, { content }: Upload): Promise<void> {
  if ((await statOrNull(workspace, path))?.type === "directory") throw refusal("Path is a directory");
  await workspace.files.write(path, content).catch((error: unknown) => {
    if (leadsThroughFile(error)) throw refusal("A parent of the path is not a directory");
    throw error;
  });
}

async function makeDirectory({ workspace }: Place, path: string): Promise<void> {
  const status = await statOrNull(workspace, path);
  const isFree = status === null || status.type === "directory";
  if (!isFree) throw refusal("Path exists and is not a directory");
  await workspace.files.makeFolder(path).catch((error: unknown) => {
    if (leadsThroughFile(error)) throw refusal("Path exists and is not a directory");
    throw error;
  });
}

async function sourceOf({ workspace }: Place, path: string): Promise<ByteSource> {
  const status = await statOrNull(workspace, path);
  if (status === null) throw new AgentServerError("not_found", "File not found");
  if (status.type !== "file") throw refusal("Path is not a file");
  return readableFile(workspace, path, status);
}

function refusal(detail: string): AgentServerError {
  return new AgentServerError("bad_request", detail);
}
