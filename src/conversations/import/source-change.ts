import type { Cipher } from "../../secrets/cipher.ts";
import type { Change } from "../../stores/store.ts";
import { DocumentWriter } from "../record/document-writer.ts";
import { STATE_KEYS, toState } from "../record/state-fields.ts";
import type { SourceConversation } from "./folder/source-conversation.ts";
import { type ImportMark, writeMark } from "./import-mark.ts";

/** The change with which a conversation of a folder is listed here, while its log is still there. */
export function firstChange(
  id: string,
  source: SourceConversation,
  { cipher, place }: { cipher: Cipher | undefined; place: Omit<ImportMark, "isPending"> },
): Change {
  return {
    conversationId: id,
    create: { ...source.header, createdBy: null, leafEventId: null },
    documents: {
      ...documentsOf(id, source, { leafEventId: null, cipher }),
      ...writeMark({ ...place, isPending: true }),
    },
  };
}

/** The documents of a conversation, sealed. Secrets that no key opens stay as they are. */
export function documentsOf(
  id: string,
  { header, documents, read }: SourceConversation,
  { leafEventId, cipher }: { leafEventId: string | null; cipher: Cipher | undefined },
): Record<string, string> {
  const state = toState({
    record: { id, status: header.status, leafEventId },
    documents,
    persistenceDir: "",
  });
  const writer = new DocumentWriter(cipher, read);
  return {
    ...writer.change(state, STATE_KEYS).documents,
    ...writer.calls(state),
    config: JSON.stringify(documents.config),
  };
}
