import type { EventLog } from "../../../events/event-log.ts";
import type { ConversationStore } from "../../../stores/store.ts";
import type { ToolStorage } from "../../../tools/tool.ts";

/** Characters of a stored value as JSON. */
const MAX_LENGTH = 1024 * 1024;

export interface ToolStorageOptions {
  store: ConversationStore;
  conversationId: string;
  /** Called with a document that cannot be read. The tool starts without it. */
  onDamaged(conversationId: string, document: string): void;
}

/** Keeps the values of a conversation's tools in its record, one document for each tool. */
export function toolStorage(
  log: Pick<EventLog, "commit">,
  { store, conversationId, onDamaged }: ToolStorageOptions,
): (toolName: string) => ToolStorage {
  return (toolName) => {
    const document = `tool:${toolName}`;
    return {
      async read() {
        const [record] = await store.find([conversationId], [document]);
        const text = record?.documents[document];
        return text === undefined ? undefined : parse(text, () => onDamaged(conversationId, document));
      },
      async write(value) {
        const text = JSON.stringify(value);
        if (text.length > MAX_LENGTH) {
          throw new RangeError(`Tool '${toolName}' can keep ${MAX_LENGTH} characters, not ${text.length}`);
        }
        await log.commit({ documents: { [document]: text } });
      },
    };
  };
}

function parse(text: string, onDamaged: () => void): unknown {
  try {
    return JSON.parse(text);
  } catch {
    onDamaged();
    return undefined;
  }
}
