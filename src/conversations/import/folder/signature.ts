import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { LAYOUT } from "../../export/layout.ts";

/**
 * The times and sizes of a folder's two documents, which change when they are written again. Taken before they are
 * read. Undefined for a folder without a conversation, such as one that only tools of this server use.
 */
export async function signatureOf(files: WorkspaceFiles, folder: string): Promise<string | undefined> {
  const meta = await files.stat(`${folder}/${LAYOUT.meta}`);
  if (meta === null) return undefined;
  const baseState = await files.stat(`${folder}/${LAYOUT.baseState}`);
  return [meta, baseState].map((status) => `${status?.modifiedAt}/${status?.size}`).join(" ");
}
