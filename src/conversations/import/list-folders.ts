import { setImmediate } from "node:timers/promises";
import { AgentServerError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { toDashed } from "../../wire/ids.ts";
import type { RemovalNotes } from "../removal/removal-notes.ts";
import type { ConversationFolder } from "./folder/find-folders.ts";
import { signatureOf } from "./folder/signature.ts";
import { IMPORT, type ImportMark, readMark } from "./import-mark.ts";
import type { ListingContext } from "./list-conversation.ts";

/** Folders that are compared with the store at once. */
const STEP = 200;
/** Folders that are read at once. */
const READERS = 64;
/** Folders that are named in the log. What is more is counted. */
const MAX_NAMED = 20;

export interface ListContext extends ListingContext {
  logger: Logger;
  removals?: RemovalNotes | undefined;
  /** Ends the work between two steps. */
  signal: AbortSignal;
}

/**
 * Lists the conversations of folders: those that are not in the store get a record without events, and those whose
 * documents have changed since then, while their events are still to come, a new one. A folder that cannot be read is
 * left out, with a warning.
 */
export async function listFolders(
  folders: readonly ConversationFolder[],
  context: ListContext,
): Promise<void> {
  let listed = 0;
  const unreadable: string[] = [];
  for (let start = 0; start < folders.length; start += STEP) {
    context.signal.throwIfAborted();
    const wanted = await unlisted(folders.slice(start, start + STEP), context);
    for (let place = 0; place < wanted.length; place += READERS) {
      const reading = wanted.slice(place, place + READERS).map((each) => list(each, context));
      for (const outcome of await Promise.all(reading)) {
        if (outcome === "listed") listed += 1;
        if (typeof outcome === "object") unreadable.push(outcome.reason);
      }
    }
    await setImmediate();
  }
  report({ listed, unreadable }, context.logger);
}

/** The folders without a record, and those whose record waits for its events. */
async function unlisted(
  folders: readonly ConversationFolder[],
  context: ListContext,
): Promise<FoundFolder[]> {
  const ids = folders.map(({ name }) => toDashed(name));
  const records = await context.store.conversations.find(ids, [IMPORT]);
  const byId = new Map(records.map((record) => [record.id, record]));
  // Asked after the store: a removal is noted before it takes a record away, and the note goes after the folder.
  const removed = byId.size < folders.length ? await beingRemoved(context) : new Set<string>();
  return folders.flatMap((folder): FoundFolder[] => {
    const id = toDashed(folder.name);
    const record = byId.get(id);
    if (record === undefined) return removed.has(id) ? [] : [{ folder, mark: undefined }];
    const mark = readMark(record.documents);
    return mark?.isPending ? [{ folder, mark }] : [];
  });
}

function report({ listed, unreadable }: { listed: number; unreadable: string[] }, logger: Logger): void {
  if (listed > 0) logger.info({ conversations: listed }, "Conversations of the reference are listed");
  if (unreadable.length === 0) return;
  logger.warn(
    { count: unreadable.length, reasons: unreadable.slice(0, MAX_NAMED) },
    "Conversations of the reference cannot be read, and are left out",
  );
}

interface FoundFolder {
  folder: ConversationFolder;
  /** The mark of its record; undefined without one. */
  mark: ImportMark | undefined;
}

type Outcome = "listed" | "as before" | { reason: string };

async function list({ folder, mark }: FoundFolder, context: ListContext): Promise<Outcome> {
  try {
    const seen = await signatureOf(context.files, folder.folder);
    if (seen === undefined || seen === mark?.seen) return "as before";
    const { listConversation, listAgain } = await import("./list-conversation.ts");
    await (mark === undefined ? listConversation : listAgain)(folder, context);
    return "listed";
  } catch (error) {
    // Another server was faster.
    if (AgentServerError.is(error) && error.code === "conflict") return "as before";
    context.signal.throwIfAborted();
    return { reason: messageOf(error) };
  }
}

async function beingRemoved({ removals }: ListContext): Promise<Set<string>> {
  return new Set((await removals?.begun())?.map(({ id }) => id));
}
