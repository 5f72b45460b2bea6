import type { ExtensionPlace } from "../../extensions/place.ts";
import { lazyRoute, type Route } from "../../http/route/route.ts";
import { canvasExtensionsResponse } from "../../wire/extensions/canvas.ts";
import { hooksRequest, hooksResponse } from "../../wire/extensions/hooks.ts";
import { subAgentsRequest, subAgentsResponse } from "../../wire/extensions/sub-agents.ts";

/** Hooks and sub-agents of a project, and the extensions of a user interface. */
export function projectFileRoutes(place: () => Promise<ExtensionPlace>): Route[] {
  return [
    lazyRoute(
      {
        method: "POST",
        path: "/api/hooks",
        id: "get_hooks",
        summary: "Get the hooks of a project",
        tags: ["Hooks"],
        auth: "key",
      },
      () => ({
        body: hooksRequest(),
        responses: { 200: { description: "null when there are none", body: hooksResponse() } },
      }),
    ).handle(async ({ body: { project_dir: projectDir } }) => {
      if (!projectDir) return { status: 200, body: { hook_config: null } };
      const { projectHooks } = await import("../../extensions/hooks.ts");
      return { status: 200, body: { hook_config: await projectHooks(await place(), projectDir) } };
    }),

    lazyRoute(
      {
        method: "POST",
        path: "/api/sub-agents",
        id: "get_sub_agents",
        summary: "List sub-agents that lie in files",
        tags: ["Sub Agents"],
        auth: "key",
      },
      () => ({
        body: subAgentsRequest(),
        responses: { 200: { description: "This server has no built-in ones", body: subAgentsResponse() } },
      }),
    ).handle(async ({ body: { load_user: ofUser, load_project: ofProject, project_dir: folder } }) => {
      const { listSubAgents } = await import("../../extensions/sub-agents.ts");
      const projectDir = ofProject ? folder || null : null;
      return { status: 200, body: { agents: await listSubAgents(await place(), { ofUser, projectDir }) } };
    }),

    lazyRoute(
      {
        method: "GET",
        path: "/api/canvas-extensions/installed",
        id: "list_installed_canvas_extensions_endpoint",
        summary: "List extensions of Agent Canvas",
        tags: ["Canvas Extensions"],
        auth: "key",
      },
      () => ({
        responses: {
          200: { description: "None: this server installs none", body: canvasExtensionsResponse() },
        },
      }),
    ).handle(() => ({ status: 200, body: { canvas_extensions: [] } })),
  ];
}
