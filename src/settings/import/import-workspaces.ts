import { AgentServerError } from "../../errors.ts";
import type { Documents } from "../documents/documents.ts";
import { SavedWorkspaces, WORKSPACES } from "../workspaces/saved-workspaces.ts";
import type { DocumentImport } from "./document-files.ts";

/** Adds the folders of a file to the list. `content` is a text when the file cannot be read: the reason. */
export async function importWorkspaces(
  content: Record<string, unknown> | string,
  { documents, path }: { documents: Documents; path: string },
): Promise<DocumentImport> {
  const result = { title: WORKSPACES.label, file: path, reason: null, lost: 0 } as const;
  if (typeof content === "string") return { ...result, outcome: "refused", reason: content };
  const { success, data } = WORKSPACES.schema.safeParse(content);
  if (!success) return { ...result, outcome: "refused", reason: "is not of a known form" };
  const saved = new SavedWorkspaces(documents);
  try {
    const before = countIn(await saved.list());
    await saved.addWorkspaces(data.workspaces);
    const after = countIn(await saved.addParents(data.workspaceParents));
    return { ...result, outcome: after === before ? "present" : "imported" };
  } catch (error) {
    if (!AgentServerError.is(error)) throw error;
    return { ...result, outcome: "refused", reason: error.message };
  }
}

function countIn({ workspaces, workspaceParents }: Awaited<ReturnType<SavedWorkspaces["list"]>>): number {
  return workspaces.length + workspaceParents.length;
}
