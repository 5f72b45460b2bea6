import { messageOf } from "../../errors.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";
import type { ToolResult } from "../define-tool.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { carryOut } from "./carry-out.ts";
import { parsePatch } from "./parse-patch.ts";
import { PatchJournal } from "./patch-journal.ts";
import { planChanges } from "./plan-changes.ts";

/** Text of success, as models that were trained on patches know it. */
const DONE = "Done!";

/**
 * Carries a patch out in the working directory, or leaves every file as it was. An abort counts until the first file is
 * written.
 */
export async function applyPatch(
  patch: string,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<ToolResult> {
  try {
    const sections = parsePatch(patch);
    const journal = new PatchJournal(workspace);
    await journal.restore();
    const root = await workspace.files.realPath(workspace.info.workingDir);
    // A link that is put in meanwhile must not lead out, where the machine can see to it.
    const files = workspace.files.within?.(root) ?? workspace.files;
    const { changes, steps, fuzz } = await planChanges(sections, { workspace, files, root });
    signal.throwIfAborted();
    await carryOut(steps, { files, journal });
    return { content: DONE, message: DONE, fuzz, commit: { changes } };
  } catch (error) {
    if (!(error instanceof FileRefusal || WorkspaceError.is(error))) throw error;
    return { content: messageOf(error), is_error: true, message: "", fuzz: 0, commit: null };
  }
}
