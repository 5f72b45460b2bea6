import { AgentServerError } from "../../errors.ts";
import type { StoredEvent } from "../../stores/store.ts";

/** Stores messages whose sender names their events once, however often they are sent. */
export class SentMessages {
  readonly #find: (eventId: string) => Promise<StoredEvent | undefined>;
  readonly #sending = new Map<string, Promise<void>>();

  /** `find` looks for an event in the log. */
  constructor(find: (eventId: string) => Promise<StoredEvent | undefined>) {
    this.#find = find;
  }

  /**
   * Calls `send` for a message that the log does not have, and `again` for one that it has. One that is being sent
   * settles as the other.
   *
   * @throws AgentServerError `conflict` for the id of another event than a message of the user
   */
  send(eventId: string, { send, again }: { send(): Promise<void>; again(): void }): Promise<void> {
    const sending = this.#sending.get(eventId);
    if (sending !== undefined) return sending;
    const work = this.#send(eventId, { send, again }).finally(() => this.#sending.delete(eventId));
    this.#sending.set(eventId, work);
    return work;
  }

  async #send(eventId: string, { send, again }: { send(): Promise<void>; again(): void }): Promise<void> {
    const stored = await this.#find(eventId);
    if (stored === undefined) return send();
    const { kind, source } = stored;
    if (kind === "MessageEvent" && source === "user") return again();
    throw new AgentServerError("conflict", `The event ${eventId} exists and is no message of the user`);
  }
}
