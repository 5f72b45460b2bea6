import type { Access } from "../access.ts";

/** Events deleted in one statement, and the length of their texts: other writes wait no longer for it. */
const STEP = { rows: 500, size: 4 * 1024 * 1024 };

/** Deletes events that are out of sight, a few at a time. */
export class Purge {
  readonly #access: Access;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Begins, unless it goes on already. */
  begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Ends after the statement that is out. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  /** Readers do not see these events, so that a failure waits for the next removal or start. */
  async #run(): Promise<void> {
    try {
      for (let more = true; more && !this.#isClosed; ) {
        const call = { name: "purge_1", values: [STEP.rows, STEP.size] };
        ({ more } = await this.#access.write<{ more: boolean }>(call));
      }
    } catch {}
  }
}
