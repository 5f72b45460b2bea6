import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Store } from "../../stores/store.ts";
import type { WorktreeRemains } from "../../workspace/git/worktree/remove-worktree.ts";
import type { Machines } from "../../workspace/machines.ts";
import { removeUnused, type WorktreeRemovalOptions, worktreeOf } from "../worktrees/worktree-removals.ts";
import type { RemovalNote, RemovalNotes } from "./removal-notes.ts";

export interface RemovalOptions extends WorktreeRemovalOptions {
  store: Store;
  logger: Logger;
  /** The machines that stay when workspaces are closed. Default: there are none. */
  machines?: Machines | undefined;
  /** Removes a folder of the server's disk with everything in it. A missing one is fine. */
  removeFolder(path: string): Promise<void>;
  /** Keeps what a conversation has used, before it is gone. Default: that is forgotten. */
  keepSpending?(id: string): Promise<void>;
  /** Default: none, and the folder of a conversation may be left when the process is killed while it is removed. */
  removals?: RemovalNotes | undefined;
}

/** Removes conversations from the store and their folders from the disk, also when the process is killed in between. */
export class Removals {
  readonly #options: RemovalOptions;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** Removes a conversation from the store. Its folders are noted first, for the next start, and returned. */
  async remove(id: string): Promise<RemovalNote> {
    const { store, removals } = this.#options;
    await this.#options.keepSpending?.(id);
    const note = { id, worktree: await this.#findWorktree(id) };
    await removals
      ?.begin(note)
      .catch((error) => this.#warn(id, error, "Files of the conversation stay if the process is killed now"));
    await store.remove(id);
    return note;
  }

  /** Removes the folders of a conversation that the store no longer has. Never rejects. */
  async removeFolders({ id, worktree }: RemovalNote): Promise<void> {
    const { removeFolder, removals, dataDir, machines } = this.#options;
    // The worktree is removed on the machine, which shows the folder.
    const steps = [
      async () => worktree && removeUnused(id, worktree, this.#options),
      async () => machines?.remove(id),
      () => removeFolder(dataDir(id)),
    ];
    let isClean = true;
    for (const step of steps) {
      await step().catch((error: unknown) => {
        isClean = false;
        this.#warn(id, error, "Files of a deleted conversation are left");
      });
    }
    if (isClean)
      await removals?.end(id).catch((error) => this.#warn(id, error, "A note of a removal is left"));
  }

  /**
   * Finishes the removals that an earlier process has begun, and removes the worktrees that it has not finished, unless
   * a living server holds their conversations. Never rejects.
   */
  async finishBegun(isHeld: (id: string) => Promise<boolean>): Promise<void> {
    for (const note of await this.#begun()) {
      await this.#finish(note, isHeld).catch((error) =>
        this.#warn(note.id, error, "Files of a deleted conversation may be left"),
      );
    }
  }

  async #begun(): Promise<RemovalNote[]> {
    const { removals, logger } = this.#options;
    if (removals === undefined) return [];
    return removals.begun().catch((error: unknown) => {
      logger.warn(
        { error: messageOf(error) },
        "Removals that an earlier process has begun cannot be read; files of deleted conversations may be left",
      );
      return [];
    });
  }

  async #finish(note: RemovalNote, isHeld: (id: string) => Promise<boolean>): Promise<void> {
    const { removals, store } = this.#options;
    if (await isHeld(note.id)) return;
    const [record] = await store.conversations.find([note.id], []);
    if (record === undefined) await this.removeFolders(note);
    else await removals?.end(note.id);
  }

  #findWorktree(id: string): Promise<WorktreeRemains | undefined> {
    return worktreeOf(id, this.#options).catch((error: unknown) => {
      this.#warn(id, error, "The conversation cannot be read, so a worktree of it would be left");
      return undefined;
    });
  }

  #warn(id: string, error: unknown, message: string): void {
    this.#options.logger.warn({ conversation_id: id, error: messageOf(error) }, message);
  }
}
