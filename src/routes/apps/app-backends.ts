import { z } from "zod";
import { group } from "../../http/route/group.ts";
import { queryInt } from "../../http/route/query.ts";
import type { Route } from "../../http/route/route.ts";
import {
  backendLogs,
  backendRevisionRequest,
  backendStatus,
  canvasParams,
  MAX_LOG_BYTES,
} from "../../wire/extensions/canvas.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { answeringFailures } from "../machine/workspace-failure.ts";
import type { AppDeps } from "./app-deps.ts";

const backendRoute = group({
  prefix: "/api/canvas-extensions/installed/{extension_name}/backend",
  tags: ["Canvas Extensions"],
  auth: "key",
  access: "admin",
});

/** `/api/canvas-extensions/installed/{name}/backend`: the program behind the pages of an extension. */
export function appBackendRoutes({ backends, sessions }: Pick<AppDeps, "backends" | "sessions">): Route[] {
  return [
    backendRoute
      .lazy(
        {
          method: "GET",
          path: "",
          id: "get_canvas_extension_backend_status_endpoint",
          summary: "Ask a back end how it fares",
        },
        () => ({
          params: canvasParams(),
          responses: { 200: { description: "Also for unknown names", body: backendStatus() } },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => ({
        status: 200,
        body: await (await backends()).status(name),
      })),

    backendRoute
      .lazy(
        {
          method: "POST",
          path: "/prepare",
          id: "prepare_canvas_extension_backend_endpoint",
          summary: "Verify and unpack the back end of the revision that the user has approved",
        },
        () => ({
          params: canvasParams(),
          body: backendRevisionRequest(),
          responses: {
            200: { description: "It may be started", body: backendStatus() },
            409: {
              description: "Another revision is installed, or the archive is not the one",
              body: errorBody,
            },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name }, body: { revision } }) => ({
        status: 200,
        body: await answeringFailures((await backends()).prepare(name, revision)),
      })),

    backendRoute
      .lazy(
        {
          method: "POST",
          path: "/start",
          id: "start_canvas_extension_backend_endpoint",
          summary: "Start a prepared back end, and wait until it is ready or has failed",
        },
        () => ({
          params: canvasParams(),
          body: backendRevisionRequest(),
          responses: {
            200: { description: "How it fares", body: backendStatus() },
            409: { description: "It is not prepared, or another revision runs", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name }, body: { revision } }) => ({
        status: 200,
        body: await answeringFailures((await backends()).start(name, revision)),
      })),

    backendRoute
      .lazy(
        {
          method: "POST",
          path: "/stop",
          id: "stop_canvas_extension_backend_endpoint",
          summary: "Stop a back end, and the sessions of browsers with it",
        },
        () => ({
          params: canvasParams(),
          responses: { 200: { description: "It does not run", body: backendStatus() } },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => {
        sessions.revokeApp(name);
        return { status: 200, body: await (await backends()).stop(name) };
      }),

    backendRoute
      .lazy(
        {
          method: "GET",
          path: "/logs",
          id: "get_canvas_extension_backend_logs_endpoint",
          summary: "Get the end of a back end's output",
        },
        () => ({
          params: canvasParams(),
          query: z.object({ limit_bytes: queryInt({ min: 1, max: MAX_LOG_BYTES }).default(64 * 1024) }),
          responses: { 200: { description: "Each piece names its stream", body: backendLogs() } },
        }),
      )
      .handle(async ({ params: { extension_name: name }, query: { limit_bytes: limit } }) => ({
        status: 200,
        body: (await backends()).logs(name, limit),
      })),

    backendRoute
      .lazy(
        {
          method: "DELETE",
          path: "/data",
          id: "delete_canvas_extension_backend_data_endpoint",
          summary: "Remove the files of a back end",
        },
        () => ({
          params: canvasParams(),
          responses: {
            200: { description: "They are gone", body: backendStatus() },
            409: { description: "It runs", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => ({
        status: 200,
        body: await answeringFailures((await backends()).deleteData(name)),
      })),
  ];
}
