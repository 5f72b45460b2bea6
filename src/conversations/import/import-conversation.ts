import type { Cipher } from "../../secrets/cipher.ts";
import type { Store } from "../../stores/store.ts";
import { toDashed } from "../../wire/ids.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";
import { LAYOUT } from "../export/layout.ts";
import { findEventFiles } from "./folder/event-files.ts";
import type { ConversationFolder } from "./folder/find-folders.ts";
import { assertNotInUse, InUse, type LeaseContext } from "./folder/lease.ts";
import { signatureOf } from "./folder/signature.ts";
import { readConversation } from "./folder/source-conversation.ts";
import { type Fault, FaultyFile } from "./folder/source-files.ts";
import { headOf } from "./head-of.ts";
import { IMPORT, readMark, writeMark } from "./import-mark.ts";
import { documentsOf, firstChange } from "./source-change.ts";
import { storeEvents } from "./store-events.ts";

/** Where conversations come from and go to. */
export interface ImportContext extends LeaseContext {
  store: Pick<Store, "conversations" | "events" | "commit">;
  /** Opens secrets, and seals them for this server. */
  cipher: Cipher | undefined;
  /** Absolute path of the folder that this server keeps for a conversation. */
  ownFolder(id: string): string;
  /** Brings what tools keep in a folder to the place where this server looks for it. Returns what stays behind. */
  keepFiles(id: string, folder: string): Promise<Fault[]>;
  /** Fence of the claim under which the conversation is written. Default: none, where no server has the store open. */
  fence?: number | undefined;
  /** Cuts the import short. What is stored of it stays, and the next one goes on from there. */
  signal?: AbortSignal | undefined;
  /** Called with the number of events that were stored. */
  onEvents?(count: number): void;
}

/** The outcome for one conversation. */
export interface ConversationImport {
  id: string;
  /**
   * `present`: it was here before and is left alone. `refused`: a file of it cannot be read. `in use`: a server of the
   * reference has it open.
   */
  outcome: "imported" | "present" | "refused" | "in use";
  /** Events in the log. */
  events: number;
  /** Files that are left out. */
  faults: Fault[];
  /** Secrets that no key opens. Their tokens are kept. */
  lost: string[];
  /** Sentences about what is different from now on. */
  notes: string[];
}

/**
 * Stores the conversation of a folder in the reference's layout. First it is listed, with everything but its events,
 * then its log follows in parts, whatever its length. An import that was cut short goes on with the next one; until
 * then the mark of the conversation says that its log is not whole. The folder is only read.
 */
export async function importConversation(
  { folder, name }: ConversationFolder,
  context: ImportContext,
): Promise<ConversationImport> {
  const id = toDashed(name);
  const result: ConversationImport = { id, outcome: "refused", events: 0, faults: [], lost: [], notes: [] };
  const { store, fence, cipher } = context;
  const [record] = await store.conversations.find([id], [IMPORT]);
  const mark = record && readMark(record.documents);
  if (record !== undefined && !mark?.isPending) return { ...result, outcome: "present" };
  try {
    await assertNotInUse(`${folder}/${LAYOUT.lease}`, context);
    const seen = (await signatureOf(context.files, folder)) ?? "";
    const source = await readConversation(context.files, folder, cipher);
    const { files, faults } = await findEventFiles(context.files, `${folder}/${LAYOUT.events}`);
    const place = { folder: folder === context.ownFolder(id) ? null : folder, seen };
    if (record === undefined) await store.commit(firstChange(id, source, { cipher, place }));
    const damaged = await storeEvents({ id, files, from: record?.eventCount ?? 0 }, context);
    const kept = await context.keepFiles(id, folder);
    const leafEventId = await headOf(id, source, store);
    // Documents that are stored already may be sealed with a newer key than those of the folder.
    const isStale = mark !== undefined && mark.seen !== seen;
    const { updatedAt, status, title } = source.header;
    await store.commit({
      conversationId: id,
      fence,
      update: { leafEventId, ...(isStale && { updatedAt, status, title }) },
      documents: {
        ...(isStale && documentsOf(id, source, { leafEventId, cipher })),
        ...writeMark({ ...place, isPending: false }),
      },
    });
    return {
      id,
      outcome: "imported",
      events: files.length,
      faults: [...faults, ...damaged, ...kept],
      lost: source.lost,
      notes: source.notes,
    };
  } catch (error) {
    if (error instanceof InUse) return { ...result, outcome: "in use", faults: [error.fault] };
    if (error instanceof FaultyFile) return { ...result, faults: [error.fault] };
    if (WorkspaceError.is(error)) return { ...result, faults: [{ file: folder, reason: error.message }] };
    throw error;
  }
}
