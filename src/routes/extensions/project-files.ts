import type { ExtensionPlace } from "../../extensions/place.ts";
import { lazyRoute, type Route } from "../../http/route/route.ts";
import { hooksRequest, hooksResponse } from "../../wire/extensions/hooks.ts";
import { subAgentsRequest, subAgentsResponse } from "../../wire/extensions/sub-agents.ts";
import type { ListedTools } from "../tools.ts";

/** Name of the tools of a browser. */
const BROWSER = "browser_tool_set";

export interface ProjectFileDeps {
  place(): Promise<ExtensionPlace>;
  tools(): Pick<ListedTools, "entries">;
}

/** Hooks and sub-agents of a project. */
export function projectFileRoutes({ place, tools }: ProjectFileDeps): Route[] {
  return [
    lazyRoute(
      {
        method: "POST",
        path: "/api/hooks",
        id: "get_hooks",
        summary: "Get the hooks of a project",
        tags: ["Hooks"],
        auth: "key",
        access: "admin",
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
        summary: "List the sub-agents that agents may give work to",
        tags: ["Sub Agents"],
        auth: "key",
        access: "admin",
      },
      () => ({
        body: subAgentsRequest(),
        responses: { 200: { description: "The first of each name", body: subAgentsResponse() } },
      }),
    ).handle(async ({ body: { load_user: ofUser, load_project: ofProject, load_builtin, project_dir } }) => {
      const { listSubAgents } = await import("../../extensions/sub-agents.ts");
      const { builtInSubAgents } = await import("../../extensions/built-in-sub-agents.ts");
      const projectDir = ofProject ? project_dir || null : null;
      const hasBrowser = tools().entries.some(({ name, usable }) => name === BROWSER && usable);
      const builtIn = load_builtin ? builtInSubAgents({ hasBrowser }) : [];
      return {
        status: 200,
        body: { agents: await listSubAgents(await place(), { ofUser, projectDir, builtIn }) },
      };
    }),
  ];
}
