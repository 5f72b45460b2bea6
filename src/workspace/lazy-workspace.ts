import type { Workspace } from "./workspace.ts";
import { WorkspaceError } from "./workspace-error.ts";

/** A workspace that is opened when something first needs it. */
export class LazyWorkspace {
  readonly #open: () => Workspace | Promise<Workspace>;
  #opening: Promise<Workspace> | null = null;
  #opened: Workspace | null = null;
  #isLeft = false;

  constructor(open: () => Workspace | Promise<Workspace>) {
    this.#open = open;
  }

  /** A failure is forgotten, so that the next caller tries again. */
  get(): Promise<Workspace> {
    this.#opening ??= this.#begin().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  /**
   * Leaves everything on the machine as it is, for another server, where the machine outlives this one. It sees nothing
   * more of this server then.
   */
  leave(): void {
    this.#isLeft = true;
    this.#opened?.handover?.leave();
  }

  /** Closes the workspace if it was opened. */
  async close(): Promise<void> {
    const workspace = await this.#opening?.catch(() => null);
    await workspace?.close();
  }

  async #begin(): Promise<Workspace> {
    if (this.#isLeft) throw new WorkspaceError("closed", "The workspace was left to another server.");
    this.#opened = await this.#open();
    if (this.#isLeft) this.#opened.handover?.leave();
    return this.#opened;
  }
}
