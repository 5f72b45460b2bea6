import type { Workspace } from "../../workspace/workspace.ts";
import type { ToolHost } from "../tool.ts";

/** The end of a description, about paths. */
export function wherePathsStart({ info }: Pick<Workspace, "info">): string {
  return `Paths may be absolute. Others start in the working directory, ${info.workingDir}.`;
}

/** The same for clients. */
export function startOfPaths({ workspace }: ToolHost): Record<string, unknown> {
  return { workspace_root: workspace.info.workingDir };
}
