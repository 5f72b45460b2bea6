import type { WorktreeRemains } from "../../workspace/git/worktree/remove-worktree.ts";

/** The things to be removed with a conversation that the store does not have. */
export interface RemovalNote {
  /** Dashed UUID of the conversation. */
  id: string;
  worktree?: WorktreeRemains | undefined;
}

/**
 * Notes which conversations are being removed, or are not stored yet while their worktrees are made, in a place that
 * survives the process: a server that was killed meanwhile finishes at its next start, and touches no other folder.
 */
export interface RemovalNotes {
  begin(note: RemovalNote): Promise<void>;
  /** Deletes the note. A missing one is fine. */
  end(conversationId: string): Promise<void>;
  begun(): Promise<RemovalNote[]>;
}
