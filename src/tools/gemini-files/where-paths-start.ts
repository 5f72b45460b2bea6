import type { Workspace } from "../../workspace/workspace.ts";

/** The end of a description, about paths. */
export function wherePathsStart({ info }: Pick<Workspace, "info">): string {
  return `Paths may be absolute. Others start in the working directory, ${info.workingDir}.`;
}
