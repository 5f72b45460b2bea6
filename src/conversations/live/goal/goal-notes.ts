import type { DocumentStore } from "../../../stores/documents.ts";

const KIND = "active-goal";

/**
 * Notes which conversations have a goal, in a place that survives the process: between two runs nothing else shows that
 * a killed server was about to go on.
 */
export class GoalNotes {
  readonly #documents: DocumentStore;

  constructor(documents: DocumentStore) {
    this.#documents = documents;
  }

  /** Notes a conversation. One that is noted already is fine. */
  async begin(conversationId: string): Promise<void> {
    await this.#documents.write([{ kind: KIND, name: conversationId, json: "{}", expected: null }]);
  }

  /** Deletes the note. A missing one is fine. */
  async end(conversationId: string): Promise<void> {
    const note = await this.#documents.read(KIND, conversationId);
    if (note === null) return;
    const change = { kind: KIND, name: conversationId, json: null, expected: note.revision };
    await this.#documents.write([change]);
  }

  /** Whether a conversation is noted. */
  async has(conversationId: string): Promise<boolean> {
    return (await this.#documents.read(KIND, conversationId)) !== null;
  }

  /** Ids of the noted conversations. */
  async begun(): Promise<string[]> {
    return (await this.#documents.list(KIND)).map(({ name }) => name);
  }
}
