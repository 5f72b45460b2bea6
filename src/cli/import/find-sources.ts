import { join, resolve } from "node:path";
import { LAYOUT } from "../../conversations/export/layout.ts";
import { type ConversationFolder, findFolders } from "../../conversations/import/folder/find-folders.ts";
import { isDataFolder } from "../../settings/import/data-folder.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";

/** Where the reference keeps conversations below its working or data folder. */
const CONVERSATIONS = [".", "conversations", "workspace/conversations"];
/** Where it keeps the rest below its data folder, its user's home or the parent folder of the conversations. */
const DATA = [".", ".openhands", "workspace/.openhands"];
/** The folders that hold something to import. */
export interface ImportSources {
  conversations: ConversationFolder[];
  /** Absolute paths. */
  dataFolders: string[];
}

/** Finds the reference's data in a folder. Finding nothing is fine. */
export async function findSources(files: WorkspaceFiles, folder: string): Promise<ImportSources> {
  const found: ImportSources = { conversations: [], dataFolders: [] };
  for (const below of CONVERSATIONS) {
    found.conversations.push(...(await conversationsIn(files, resolve(folder, below))));
  }
  for (const below of DATA) {
    const path = resolve(folder, below);
    if (await isDataFolder(files, path)) found.dataFolders.push(path);
  }
  return found;
}

async function conversationsIn(files: WorkspaceFiles, folder: string): Promise<ConversationFolder[]> {
  const found: ConversationFolder[] = [];
  for (const each of await findFolders(files, folder)) {
    if ((await files.stat(join(each.folder, LAYOUT.meta))) !== null) found.push(each);
  }
  return found;
}
