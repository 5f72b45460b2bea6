import type { DocumentStore } from "../../stores/documents.ts";

/** The kind of the documents that say which folders were taken over. They have no secrets. */
const TAKEOVER = "takeover";
/** Maximum length of a document's name, in UTF-16 code units. */
const MAX_NAME = 512;

/** Whether a folder was taken over before. */
export async function wasTakenOver(store: DocumentStore, folder: string): Promise<boolean> {
  return (await store.read(TAKEOVER, noteOf(folder))) !== null;
}

/** Notes that a folder was taken over. Another server may have noted it first. */
export async function noteTakeover(store: DocumentStore, folder: string): Promise<void> {
  await store.write([{ kind: TAKEOVER, name: noteOf(folder), json: "{}", expected: null }]);
}

/** The end of a path tells it as well as the whole, and fits into a name. */
function noteOf(folder: string): string {
  return folder.slice(-MAX_NAME).toWellFormed();
}
