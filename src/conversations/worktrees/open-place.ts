import { AgentServerError } from "../../errors.ts";
import type { MachineLimits } from "../../workspace/machines.ts";
import type { OpenWorkspace, Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../workspace/workspace-error.ts";

export interface PlaceOptions {
  openWorkspace: OpenWorkspace;
  /** Absolute folder of a conversation on the server's disk. */
  dataDir(conversationId: string): string;
  /** The principal who created the conversation. Default: null. */
  createdBy?: string | null | undefined;
  /** Limits of the start request. Default: those of the host. */
  limits?: MachineLimits | undefined;
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
  { openWorkspace, dataDir, createdBy = null, limits }: PlaceOptions,
): Promise<Workspace> {
  const requested = { kind: "LocalWorkspace", working_dir: workingDir };
  const spec = { conversationId: id, workingDir, dataDir: dataDir(id), requested, createdBy, limits };
  return answeringRefusals(async () => openWorkspace(spec));
}

/** Does something at a place, which may start its machine. Rejects as `openPlace` does. */
export async function answeringRefusals<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!WorkspaceError.is(cause)) throw cause;
    const code = REFUSALS.includes(cause.code) ? "bad_request" : "unavailable";
    throw new AgentServerError(code, `The workspace cannot be opened: ${cause.message}`, { cause });
  }
}
