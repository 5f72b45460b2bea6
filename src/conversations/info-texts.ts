import type { ConversationRecord } from "../stores/store.ts";
import type { ConversationInfo } from "../wire/conversation.ts";

/** Total length of the texts that are kept, in UTF-16 code units: those of some hundred conversations. */
const MAX_LENGTH = 4 * 1024 * 1024;

interface Entry {
  record: ConversationRecord;
  text: string;
  /** Length of the text and of the documents it was made from. */
  length: number;
}

/**
 * Conversations as JSON text. A text is kept until its record changes, because clients read the same list again and
 * again, and an info costs five times what reading and sending it does. The one unused for longest makes room for
 * another.
 */
export class InfoTexts {
  readonly #entries = new Map<string, Entry>();
  #length = 0;

  /** `toInfo` must depend on the record alone. Its errors are passed on. */
  textOf(record: ConversationRecord, toInfo: (record: ConversationRecord) => ConversationInfo): string {
    const known = this.#entries.get(record.id);
    if (known !== undefined) this.#forget(record.id, known);
    if (known !== undefined && isSame(known.record, record)) return this.#keep(known);
    const text = JSON.stringify(toInfo(record));
    return this.#keep({ record, text, length: text.length + lengthOf(record.documents) });
  }

  #keep(entry: Entry): string {
    this.#entries.set(entry.record.id, entry);
    this.#length += entry.length;
    for (const [id, oldest] of this.#entries) {
      if (this.#length <= MAX_LENGTH) break;
      this.#forget(id, oldest);
    }
    return entry.text;
  }

  #forget(id: string, { length }: Entry): void {
    this.#entries.delete(id);
    this.#length -= length;
  }
}

function isSame(left: ConversationRecord, right: ConversationRecord): boolean {
  const { documents, childIds, ...header } = left;
  const rest: Record<string, unknown> = { ...right };
  return (
    hasSame(header, rest) &&
    hasSame(documents, right.documents) &&
    childIds.length === right.childIds.length &&
    childIds.every((id, index) => id === right.childIds[index])
  );
}

/** Whether each of the values is the other's too. Both have the same keys. */
function hasSame(left: object, right: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(left).every(([key, value]) => value === right[key]);
}

function lengthOf(documents: Readonly<Record<string, string>>): number {
  return Object.values(documents).reduce((length, text) => length + text.length, 0);
}
