import type { EventLog } from "../../../events/event-log.ts";
import { type Client, toClient } from "../../../limits/client.ts";
import type { Limiter } from "../../../limits/limiter.ts";
import type { Place } from "../../../limits/places.ts";
import type { Reached } from "../../../limits/refusals.ts";
import type { Used } from "../../../limits/usage-windows.ts";
import type { Store } from "../../../stores/store.ts";

/** Name of the document. */
const DOCUMENT = "client";

export interface RunClientOptions {
  conversationId: string;
  /** Id of the principal who has created the conversation; null without one. */
  createdBy: string | null;
  store: Pick<Store, "conversations">;
  log: Pick<EventLog, "commit">;
  /** Default: no client has limits. */
  limiter: Limiter | undefined;
}

/**
 * The client that a conversation works for. Whoever begins a run has it counted, until it ends; what no request has led
 * to counts for the creator of the conversation.
 */
export class RunClient {
  readonly #options: RunClientOptions;
  #kept: string | undefined;

  constructor(options: RunClientOptions) {
    this.#options = options;
  }

  /** Does the work of a run for its client, which is stored for a server that goes on with the run. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const { limiter } = this.#options;
    if (limiter?.isUsed !== true) return work();
    const client = this.#current(limiter);
    this.#keep(client);
    return limiter.within(client, work);
  }

  /** Does work for the client of the run that was cut short. */
  async resumed<T>(work: () => Promise<T>): Promise<T> {
    const { limiter, store, conversationId } = this.#options;
    if (limiter?.isUsed !== true) return work();
    const [record] = await store.conversations.find([conversationId], [DOCUMENT]);
    const client = toClient(parsed(record?.documents[DOCUMENT]));
    return client === undefined ? work() : limiter.within(client, work);
  }

  /**
   * Counts a run of the client until its place is released.
   *
   * @throws AgentServerError `too_many_requests`
   */
  holdRun(): Place | undefined {
    const { limiter } = this.#options;
    return limiter?.isUsed ? limiter.holdRun(this.#current(limiter)) : undefined;
  }

  /** Whether any client of the server has limits. Where none has, nothing waits for them. */
  get isLimited(): boolean {
    return this.#options.limiter?.isUsed === true;
  }

  /** Rejects with `too_many_requests` when the client has used up its tokens or cost. */
  async assertLeft(): Promise<void> {
    const { limiter } = this.#options;
    if (limiter?.isUsed) await limiter.assertLeft(this.#current(limiter));
  }

  /** The limit of tokens or cost that the client has reached. */
  async usedUp(): Promise<Reached | undefined> {
    const { limiter } = this.#options;
    return limiter?.isUsed ? limiter.usedUp(this.#current(limiter)) : undefined;
  }

  /** Counts what a call of a model has used. */
  book(used: Used): void {
    const { limiter } = this.#options;
    if (limiter?.isUsed) limiter.book(this.#current(limiter), used);
  }

  #current(limiter: Limiter): Client {
    return limiter.current ?? { principalId: this.#options.createdBy };
  }

  /** Not awaited: it shares the commit of the events that follow, and if it fails, those are refused too. */
  #keep(client: Client): void {
    const json = JSON.stringify(client);
    if (json === this.#kept) return;
    this.#kept = json;
    this.#options.log.commit({ documents: { [DOCUMENT]: json } }).catch(() => {});
  }
}

function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
