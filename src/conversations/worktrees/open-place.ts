import { AgentServerError } from "../../errors.ts";
import type { OpenWorkspace, Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../workspace/workspace-error.ts";

export interface PlaceOptions {
  openWorkspace: OpenWorkspace;
  /** Absolute folder of a conversation on the server's disk. */
  dataDir(conversationId: string): string;
}

/** Codes of a workspace that refuses a folder. The others are failures of the server. */
export const REFUSALS: readonly WorkspaceErrorCode[] = [
  "permission_denied",
  "invalid_path",
  "not_a_directory",
];

/**
 * Opens the machine of a conversation in a folder.
 *
 * @throws AgentServerError `bad_request` when the machine refuses the folder, `unavailable` when it cannot be had.
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
    const code = REFUSALS.includes(cause.code) ? "bad_request" : "unavailable";
    throw new AgentServerError(code, `The workspace cannot be opened: ${cause.message}`, { cause });
  }
}
