import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Store } from "../stores/store.ts";
import type { RemovalNotes } from "./removal-notes.ts";

export interface RemovalOptions {
  store: Store;
  logger: Logger;
  /** Absolute folder of a conversation on the server's disk. */
  dataDir(conversationId: string): string;
  /** Removes a folder of the server's disk with everything in it. A missing one is fine. */
  removeFolder(path: string): Promise<void>;
  /** Default: none, and the folder of a conversation may be left when the process is killed while it is removed. */
  removals?: RemovalNotes | undefined;
}

/** Removes conversations from the store and their folders from the disk, also when the process is killed in between. */
export class Removals {
  readonly #options: RemovalOptions;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** Removes a conversation from the store. Its folder is noted first, for the next start. */
  async remove(id: string): Promise<void> {
    const { store, removals } = this.#options;
    await removals
      ?.begin(id)
      .catch((error) => this.#warn(id, error, "Files of the conversation stay if the process is killed now"));
    await store.remove(id);
  }

  /** Removes the folder of a conversation that the store no longer has. Never rejects. */
  async removeFolder(id: string): Promise<void> {
    const { removeFolder, removals, dataDir } = this.#options;
    try {
      await removeFolder(dataDir(id));
      await removals?.end(id);
    } catch (error) {
      this.#warn(id, error, "Files of a deleted conversation are left");
    }
  }

  /** Finishes the removals that an earlier process has begun. Never rejects. */
  async finishBegun(): Promise<void> {
    const { removals } = this.#options;
    for (const id of (await removals?.begun().catch(() => [])) ?? []) {
      await this.#finish(id).catch((error) =>
        this.#warn(id, error, "Files of a deleted conversation may be left"),
      );
    }
  }

  async #finish(id: string): Promise<void> {
    const { removals, store } = this.#options;
    const [record] = await store.conversations.find([id], []);
    if (record === undefined) await this.removeFolder(id);
    else await removals?.end(id);
  }

  #warn(id: string, error: unknown, message: string): void {
    this.#options.logger.warn({ conversation_id: id, error: messageOf(error) }, message);
  }
}
