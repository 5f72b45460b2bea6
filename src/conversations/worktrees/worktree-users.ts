import type { ConversationRecord, ConversationStore } from "../../stores/store.ts";
import { nameOf } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import { readConfig } from "../record/conversation-documents.ts";

/** Conversations read at a time. */
const PAGE = 100;

/** Whether another conversation than `id` works in a folder: a fork works where its source does. */
export async function isUsedByAnother(
  conversations: ConversationStore,
  { id, folder }: { id: string; folder: string },
): Promise<boolean> {
  for (let from: string | undefined; ; ) {
    const page = await conversations.search({
      sortOrder: "CREATED_AT_DESC",
      ...(from === undefined ? {} : { from }),
      limit: PAGE + 1,
      documents: ["config"],
    });
    if (page.some((record) => record.id !== id && worksIn(record, folder))) return true;
    from = page[PAGE]?.id;
    if (from === undefined) return false;
  }
}

/**
 * Few texts hold the name of the folder, so that few are parsed. A damaged record counts if its text names the folder.
 */
function worksIn(record: ConversationRecord, folder: string): boolean {
  const { config = "" } = record.documents;
  if (!config.includes(asWritten(nameOf(folder)))) return false;
  try {
    return isWithin(folder, readConfig(record).workspace.working_dir);
  } catch {
    return config.includes(asWritten(folder));
  }
}

/** A path as JSON writes it within a text. */
function asWritten(path: string): string {
  return JSON.stringify(path).slice(1, -1);
}
