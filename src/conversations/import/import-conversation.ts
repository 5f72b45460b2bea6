import type { Cipher } from "../../secrets/cipher.ts";
import type { Store, StoredEvent } from "../../stores/store.ts";
import { toDashed } from "../../wire/ids.ts";
import { WorkspaceError } from "../../workspace/workspace-error.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { LAYOUT } from "../export/layout.ts";
import { DocumentWriter } from "../record/document-writer.ts";
import { STATE_KEYS, toState } from "../record/state-fields.ts";
import { findEventFiles } from "./event-files.ts";
import { assertNotInUse } from "./lease.ts";
import { readConversation, type SourceConversation } from "./source-conversation.ts";
import { type Fault, FaultyFile } from "./source-files.ts";
import { storeEvents } from "./store-events.ts";

/** The document of a conversation whose import has begun. Until it has ended, the others are missing. */
const IMPORT = "import";

/** Where conversations come from and go to. */
export interface ImportContext {
  store: Pick<Store, "conversations" | "events" | "commit">;
  files: WorkspaceFiles;
  /** Opens secrets, and seals them for this server. */
  cipher: Cipher | undefined;
  /** Milliseconds since 1970. */
  now(): number;
  /** Brings what tools keep in a folder to the place where this server looks for it. Returns what stays behind. */
  keepFiles(id: string, folder: string): Promise<Fault[]>;
  /** Called with the number of events that were stored. */
  onEvents?(count: number): void;
}

/** The outcome for one conversation. */
export interface ConversationImport {
  id: string;
  /** `present`: it was here before and is left alone. `refused`: nothing that can be shown is stored. */
  outcome: "imported" | "present" | "refused";
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
 * Stores the conversation of a folder in the reference's layout. A log of any length is stored in parts; an import that was
 * cut short goes on with the next one, and until then the conversation counts as damaged, so that no one goes on with half
 * of it. The folder is only read.
 */
export async function importConversation(
  { folder, name }: { folder: string; name: string },
  context: ImportContext,
): Promise<ConversationImport> {
  const id = toDashed(name);
  const result: ConversationImport = { id, outcome: "refused", events: 0, faults: [], lost: [], notes: [] };
  const [record] = await context.store.conversations.find([id], ["config", IMPORT]);
  if (record !== undefined && !isUnfinished(record.documents)) return { ...result, outcome: "present" };
  try {
    await assertNotInUse(`${folder}/${LAYOUT.lease}`, context);
    const source = await readConversation(context.files, folder, context.cipher);
    const { files, faults } = await findEventFiles(context.files, `${folder}/${LAYOUT.events}`);
    if (record === undefined) await context.store.commit(beginning(id, source));
    const unread = await storeEvents({ id, files, from: record?.eventCount ?? 0 }, context);
    const kept = await context.keepFiles(id, folder);
    const leafEventId = await headOf(id, source, context.store);
    await context.store.commit(ending(id, source, { leafEventId, cipher: context.cipher }));
    return {
      id,
      outcome: "imported",
      events: files.length,
      faults: [...faults, ...unread, ...kept],
      lost: source.lost,
      notes: source.notes,
    };
  } catch (error) {
    if (error instanceof FaultyFile) return { ...result, faults: [error.fault] };
    if (WorkspaceError.is(error)) return { ...result, faults: [{ file: folder, reason: error.message }] };
    throw error;
  }
}

const NO_HEAD: readonly string[] = ["ConversationStateUpdateEvent", "ConversationErrorEvent"];

function isUnfinished(documents: Readonly<Record<string, string>>): boolean {
  return IMPORT in documents && !("config" in documents);
}

function beginning(id: string, { header }: SourceConversation) {
  const create = { ...header, createdBy: null, leafEventId: null };
  return { conversationId: id, create, documents: { [IMPORT]: "{}" } };
}

function ending(
  id: string,
  { header, documents, read }: SourceConversation,
  { leafEventId, cipher }: { leafEventId: string | null; cipher: Cipher | undefined },
) {
  const { updatedAt, status, title } = header;
  const state = toState({ record: { id, status, leafEventId }, documents, persistenceDir: "" });
  const writer = new DocumentWriter(cipher, read);
  return {
    conversationId: id,
    update: { updatedAt, status, title, leafEventId },
    documents: {
      ...writer.change(state, STATE_KEYS).documents,
      ...writer.calls(state),
      config: JSON.stringify(documents.config),
    },
  };
}

/**
 * HEAD as it was saved, if the log has it. Older servers saved none: theirs is the last event of the log, but for state
 * updates and errors, which a newer server may have added when it tried to open it.
 */
async function headOf(
  id: string,
  { leafEventId }: SourceConversation,
  { events }: Pick<Store, "events">,
): Promise<string | null> {
  if (leafEventId === null) return null;
  if (leafEventId !== undefined && (await events.find(id, [leafEventId])).length > 0) return leafEventId;
  let from: number | undefined;
  for (;;) {
    const page: StoredEvent[] = await events.search(id, {
      order: "desc",
      limit: 50,
      maxLength: 1_000_000,
      ...(from !== undefined && { from }),
    });
    const head = page.find(({ kind }) => !NO_HEAD.includes(kind));
    const last = page.at(-1);
    if (head !== undefined) return head.id;
    if (last === undefined || last.seq === 0) return null;
    from = last.seq - 1;
  }
}
