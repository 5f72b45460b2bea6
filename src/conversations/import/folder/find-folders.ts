import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { isConversationFolder } from "../../export/layout.ts";
import { FaultyFile } from "./source-files.ts";

/** Names of one folder that are looked at. */
const MAX_NAMES = 1_000_000;

/** A conversation's folder in the reference's layout. */
export interface ConversationFolder {
  /** Absolute path. */
  folder: string;
  /** The conversation's id without dashes. */
  name: string;
}

/** The folders in a folder that may be those of conversations, by their names. A folder that is missing has none. */
export async function findFolders(files: WorkspaceFiles, folder: string): Promise<ConversationFolder[]> {
  if ((await files.stat(folder))?.type !== "directory") return [];
  const { entries, truncated } = await files.list(folder, { limit: MAX_NAMES });
  if (truncated) throw new FaultyFile(folder, `has more than ${MAX_NAMES} names`);
  return entries
    .filter(({ name, type }) => type === "directory" && isConversationFolder(name))
    .map(({ name }) => ({ folder: `${folder}/${name}`, name }));
}
