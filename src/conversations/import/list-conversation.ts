import type { Cipher } from "../../secrets/cipher.ts";
import type { Store } from "../../stores/store.ts";
import { toDashed } from "../../wire/ids.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { Claimed } from "./claimed.ts";
import type { ConversationFolder } from "./folder/find-folders.ts";
import { signatureOf } from "./folder/signature.ts";
import { readConversation } from "./folder/source-conversation.ts";
import { IMPORT, readMark, writeMark } from "./import-mark.ts";
import { documentsOf, firstChange } from "./source-change.ts";

export interface ListingContext {
  store: Pick<Store, "conversations" | "commit">;
  files: WorkspaceFiles;
  /** Opens secrets, and seals them for this server. */
  cipher?: Cipher | undefined;
  /** Claims a conversation. */
  claim(id: string): Promise<Claimed>;
}

/** Stores a record of the conversation of a folder, without its events. Rejects with `conflict` when there is one. */
export async function listConversation(
  { folder, name }: ConversationFolder,
  context: ListingContext,
): Promise<void> {
  const id = toDashed(name);
  const { source, seen } = await read(folder, context);
  await context.store.commit(
    firstChange(id, source, { cipher: context.cipher, place: { folder: null, seen } }),
  );
}

/** Stores what the folder of a listed conversation says now, unless its events have been imported meanwhile. */
export async function listAgain(
  { folder, name }: ConversationFolder,
  context: ListingContext,
): Promise<void> {
  const id = toDashed(name);
  const { source, seen } = await read(folder, context);
  const { fence, release } = await context.claim(id);
  try {
    const [record] = await context.store.conversations.find([id], [IMPORT]);
    const mark = record && readMark(record.documents);
    if (!mark?.isPending || mark.folder !== null) return;
    const { updatedAt, status, title } = source.header;
    await context.store.commit({
      conversationId: id,
      fence,
      update: { updatedAt, status, title },
      documents: {
        ...documentsOf(id, source, { leafEventId: null, cipher: context.cipher }),
        ...writeMark({ ...mark, seen }),
      },
    });
  } finally {
    await release();
  }
}

async function read(folder: string, { files, cipher }: ListingContext) {
  const seen = (await signatureOf(files, folder)) ?? "";
  return { source: await readConversation(files, folder, cipher), seen };
}
