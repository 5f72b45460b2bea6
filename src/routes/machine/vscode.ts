import { z } from "zod";
import type { Route } from "../../http/route/route.ts";
import { vscodeStatus, vscodeUrlResponse } from "../../wire/machine/vscode.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { notFound } from "../conversation-params.ts";
import { type MachineScope, machineGroup, queryPath } from "./machine-scope.ts";

/** State of the editor. */
export interface EditorState {
  running: boolean;
  /** Whether its address can be asked for. */
  enabled: boolean;
  /** Why it cannot. */
  message?: string;
}

/** An editor for the browsers of users. */
export interface EditorAccess {
  /** Looks at the editor. Starts nothing. */
  state(): Promise<EditorState>;
  /**
   * Starts the editor unless it runs, and gives the address of a folder in it. `baseUrl` is the origin under which the
   * browser reaches it; null for this machine. Rejects with `unavailable` where there is none.
   */
  url(request: { baseUrl: string | null; folder: string }): Promise<string>;
}

/** Folder that the reference opens where a request names none. */
const DEFAULT_FOLDER = "workspace";

/** `…/vscode`: the editor. That of a conversation opens folders of its working directory only. */
export function vscodeRoutes(scope: MachineScope, editor: EditorAccess): Route[] {
  const vscodeRoute = machineGroup(scope, "vscode", "VSCode");
  const isOfServer = !scope.prefix.includes("{");
  return [
    vscodeRoute
      .lazy(
        {
          method: "GET",
          path: "/url",
          id: isOfServer ? "get_vscode_url" : "get_runtime_vscode_url",
          runsOn: "owner",
          summary: "Get the address of a folder in VS Code, which is started when it does not run",
        },
        () => ({
          query: z.object({
            base_url: z
              .string()
              .optional()
              .describe("Origin of the editor. Default: this machine and its port"),
            workspace_dir: z.string().optional().describe("Folder to open"),
          }),
          responses: {
            200: { description: "The address, with the editor's own token", body: vscodeUrlResponse },
            404: notFound,
            503: { description: "There is no editor, or it did not start", body: errorBody },
          },
        }),
      )
      .handle(async ({ params, query }) => {
        const folder = await scope.use(params, async (place) => {
          const wanted = query.workspace_dir ?? place.root;
          // The server's own editor is given the name as it is, as in the reference.
          return place.root === null
            ? (wanted ?? DEFAULT_FOLDER)
            : queryPath(place, wanted ?? "", "workspace_dir");
        });
        return { status: 200, body: { url: await editor.url({ baseUrl: query.base_url ?? null, folder }) } };
      }),

    vscodeRoute
      .lazy(
        {
          method: "GET",
          path: "/status",
          id: "get_vscode_status",
          runsOn: "owner",
          summary: "Whether VS Code can be had, and runs",
        },
        () => ({
          responses: {
            200: { description: "`running`, `enabled`, and a reason", body: vscodeStatus },
            404: notFound,
          },
        }),
      )
      .handle(async ({ params }) => {
        await scope.use(params, async () => {});
        return { status: 200, body: { ...(await editor.state()) } };
      }),
  ];
}
