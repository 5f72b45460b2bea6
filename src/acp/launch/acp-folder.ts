import { joinPath } from "../../workspace/paths.ts";
import type { AcpHost } from "./acp-host.ts";

/** Folder of a conversation for what its program keeps. */
export function acpFolder({ workspace }: Pick<AcpHost, "workspace">, name: string): string {
  return joinPath(workspace.info.dataDir, "acp", name);
}
