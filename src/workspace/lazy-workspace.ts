import type { Workspace } from "./workspace.ts";

/** A workspace that is opened when something first needs it. */
export class LazyWorkspace {
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

  /** Closes the workspace if it was opened. */
  async close(): Promise<void> {
    const workspace = await this.#opening?.catch(() => null);
    await workspace?.close();
  }
}
