import type { Workspace } from "../../workspace/workspace.ts";

/** The workspace of a live conversation, opened when something first needs it. */
export class ConversationWorkspace {
  readonly #open: () => Workspace | Promise<Workspace>;
  #opening: Promise<Workspace> | null = null;

  constructor(open: () => Workspace | Promise<Workspace>) {
    this.#open = open;
  }

  /** A failure is forgotten, so that the next caller tries again. */
  get(): Promise<Workspace> {
    this.#opening ??= (async () => this.#open())().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    const workspace = await this.#opening?.catch(() => null);
    await workspace?.close();
  }
}
