/**
 * Notes which conversations are being removed, in a place that survives the process: a server that was killed between the
 * removal of a conversation and that of its folder finishes at its next start, and touches no other folder.
 */
export interface RemovalNotes {
  begin(conversationId: string): Promise<void>;
  /** Deletes the note. A missing one is fine. */
  end(conversationId: string): Promise<void>;
  /** The ids that have a note. */
  begun(): Promise<string[]>;
}
