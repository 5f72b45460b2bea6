import { AgentServerError } from "../../errors.ts";
import type { OpenWorkspace, Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";

export interface PlaceOptions {
  openWorkspace: OpenWorkspace;
  /** Absolute folder of a conversation on the server's disk. */
  dataDir(conversationId: string): string;
}

/**
 * Opens the machine of a conversation in a folder. One that cannot be opened is a failure of the server, not of the
 * request.
 *
 * @throws AgentServerError `unavailable`
 */
export async function openPlace(
  id: string,
  workingDir: string,
  { openWorkspace, dataDir }: PlaceOptions,
): Promise<Workspace> {
  const requested = { kind: "LocalWorkspace", working_dir: workingDir };
  try {
    return await openWorkspace({ conversationId: id, workingDir, dataDir: dataDir(id), requested });
  } catch (cause) {
    if (!WorkspaceError.is(cause)) throw cause;
    throw new AgentServerError("unavailable", `The workspace cannot be opened: ${cause.message}`, { cause });
  }
}
