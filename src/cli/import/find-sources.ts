import { join, resolve } from "node:path";
import { isConversationFolder, LAYOUT } from "../../conversations/export/layout.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";

/** Folders of conversations that are looked at in one place. */
const MAX_CONVERSATIONS = 1_000_000;

/** Where the reference keeps conversations below its working or data folder. */
const CONVERSATIONS = [".", "conversations", "workspace/conversations"];
/** Where it keeps the rest below its data folder, its user's home or the parent folder of the conversations. */
const DATA = [".", ".openhands", "workspace/.openhands"];
/** Names of which a data folder has one. */
const DATA_NAMES = [
  ...["settings.json", "secrets.json", "workspaces.json", "profiles", "agent-profiles", "meta-profiles"],
  ...["provider-connections", "auth"],
];

/** A conversation's folder. */
export interface ConversationFolder {
  /** Absolute path. */
  folder: string;
  /** The conversation's id without dashes. */
  name: string;
}

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
    const statuses = await Promise.all(DATA_NAMES.map((name) => files.stat(join(path, name))));
    if (statuses.some((status) => status !== null)) found.dataFolders.push(path);
  }
  return found;
}

async function conversationsIn(files: WorkspaceFiles, folder: string): Promise<ConversationFolder[]> {
  if ((await files.stat(folder))?.type !== "directory") return [];
  const { entries } = await files.list(folder, { limit: MAX_CONVERSATIONS });
  const named = entries.filter(({ name, type }) => type === "directory" && isConversationFolder(name));
  const found: ConversationFolder[] = [];
  for (const { name } of named) {
    const path = join(folder, name);
    if ((await files.stat(join(path, LAYOUT.meta))) !== null) found.push({ folder: path, name });
  }
  return found;
}
