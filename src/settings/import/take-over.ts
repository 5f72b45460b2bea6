import type { Logger } from "../../logger.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { DocumentStore } from "../../stores/documents.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { Documents } from "../documents/documents.ts";
import { importDocuments } from "./import-documents.ts";
import { noteTakeover } from "./takeover-note.ts";

/** Documents that are named in the log. What is more is counted. */
const MAX_NAMED = 20;

export interface TakeoverOptions {
  /** Absolute path of a data folder of the reference. */
  folder: string;
  files: WorkspaceFiles;
  store: DocumentStore;
  cipher: Cipher | undefined;
  logger: Logger;
}

/**
 * Stores the documents of a data folder that are not here yet, and notes that it was done: what is deleted here later
 * does not come back. One that is cut short begins again. What cannot be read is named in the log, and left to the
 * command.
 */
export async function takeOver({ folder, files, store, cipher, logger }: TakeoverOptions): Promise<void> {
  const documents = new Documents({ store, cipher, logger });
  const refused: string[] = [];
  const lost: string[] = [];
  const counts = { imported: 0, present: 0, refused: 0 };
  for await (const { title, file, outcome, reason, lost: count } of importDocuments({
    files,
    documents,
    folder,
  })) {
    counts[outcome] += 1;
    if (outcome === "refused") refused.push(`${file}: ${title}: ${reason}`);
    if (count > 0) lost.push(title);
  }
  await noteTakeover(store, folder);
  logger.info({ folder, ...counts }, "Settings, secrets and profiles of the reference are taken over");
  if (refused.length > 0)
    logger.warn(
      { files: refused.slice(0, MAX_NAMED), count: refused.length },
      "Some of them cannot be read: mend the files, stop the server and run `agent-server import` for the folder",
    );
  if (lost.length > 0)
    logger.warn(
      { documents: lost.slice(0, MAX_NAMED), count: lost.length },
      "Some have secrets that no key opens. They are kept: set OH_SECRET_KEY to their key, or add it to " +
        "OH_PREVIOUS_SECRET_KEYS, or set the secrets again",
    );
}
