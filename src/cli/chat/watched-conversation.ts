import { asObject } from "../../is-object.ts";
import { changesIn, FileChanges } from "../../timeline/file-changes.ts";
import { type ChatEvent, EventFeed } from "./event-feed.ts";
import { PendingCalls, statusIn } from "./pending-calls.ts";
import type { Screen } from "./screen/screen.ts";
import type { ServerClient } from "./server-client.ts";

/** Events of a stored conversation that are shown when it is gone on with. */
const SHOWN_BEFORE = 40;
/** Messages of the user that are remembered until their events come. */
const MAX_OWN = 100;

export interface WatchOptions {
  client: ServerClient;
  screen: Screen;
  conversationId: string;
  /** Called when the status changes, and when a run is asked for. */
  onChange(): void;
}

/** A conversation that is shown while it goes on: its status, what it waits for, what it has changed. */
export class WatchedConversation {
  readonly id: string;
  readonly changes = new FileChanges();
  readonly pending = new PendingCalls();
  readonly #options: WatchOptions;
  readonly #feed: EventFeed;
  readonly #own: string[] = [];
  /** Events that come while the stored ones are read. undefined afterwards. */
  #early: ChatEvent[] | undefined = [];
  #status = "idle";
  /** A run was asked for and is not seen yet: the status is still that of before. */
  #isAsked = false;
  #isOver = false;
  #settled = Promise.withResolvers<void>();

  constructor(options: WatchOptions) {
    const { client, screen, conversationId } = options;
    this.#options = options;
    this.id = conversationId;
    this.#feed = new EventFeed({
      ...{ client, conversationId },
      onEvent: (event) => {
        if (this.#early === undefined) this.#take(event);
        else this.#early.push(event);
      },
      onPiece: (piece) => screen.piece(piece),
      onVoid: () => screen.cutShort(),
      onLost: () => screen.note("The connection is lost. Trying again …"),
      onBack: () => screen.note("Connected again."),
      onEnd: (reason) => this.#end(reason),
    });
  }

  /** Begins to show the conversation, its last events first. Rejects with `not_found` for an unknown one. */
  async open(): Promise<void> {
    const { client, screen } = this.#options;
    const path = `/api/conversations/${this.id}`;
    const { execution_status: status } = asObject(await client.get(path));
    if (typeof status === "string") this.#status = status;
    await this.#feed.open();
    const search = `${path}/events/search?limit=${SHOWN_BEFORE}&sort_order=TIMESTAMP_DESC`;
    const { items, next_page_id: earlier } = asObject(await client.get(search));
    if (typeof earlier === "string") screen.note("… what came before is not shown");
    const stored = Array.isArray(items) ? items.map(asObject).reverse() : [];
    for (const event of stored) if (this.#feed.take(event)) this.#show(event);
    for (const event of this.#early ?? []) this.#take(event);
    this.#early = undefined;
    this.#update();
  }

  close(): void {
    this.#feed.close();
  }

  get status(): string {
    return this.#status;
  }

  /** Whether the agent works, or is about to. */
  get isBusy(): boolean {
    return !this.#isOver && (this.#isAsked || this.#status === "running");
  }

  /** The connection is lost for good. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isWaiting(): boolean {
    return !this.isBusy && this.#status === "waiting_for_confirmation";
  }

  /** Makes a request after which a run begins. `text` is the message that it sends, which is not printed again. */
  async expectRun(ask: () => Promise<unknown>, text?: string): Promise<void> {
    if (text !== undefined) this.#own.push(text);
    if (this.#own.length > MAX_OWN) this.#own.shift();
    this.#isAsked = this.#status !== "running";
    this.#update();
    try {
      await ask();
    } catch (error) {
      this.#isAsked = false;
      this.#update();
      throw error;
    }
  }

  /** Resolves once the agent does not work: it has ended, waits, or cannot be reached any more. */
  async settled(): Promise<void> {
    while (this.isBusy) await this.#settled.promise;
  }

  #take(event: ChatEvent): void {
    this.#show(event);
    const status = statusIn(event);
    if (status === undefined) return;
    if (status === "running") this.#isAsked = false;
    const isNew = status !== this.#status;
    this.#status = status;
    if (isNew && (status === "paused" || status === "stuck")) this.#options.screen.note(`(${status})`);
    this.#update();
  }

  #show(event: ChatEvent): void {
    this.pending.take(event);
    for (const change of changesIn(asObject(event.observation))) this.changes.add(change);
    this.#options.screen.event(event, { isOwn: this.#isOwn(event) });
  }

  #isOwn({ kind, source, llm_message: message }: ChatEvent): boolean {
    if (kind !== "MessageEvent" || source !== "user") return false;
    const { content } = asObject(message);
    const text = Array.isArray(content) ? asObject(content[0]).text : undefined;
    const place = typeof text === "string" ? this.#own.indexOf(text) : -1;
    if (place >= 0) this.#own.splice(place, 1);
    return place >= 0;
  }

  #end(reason: string): void {
    this.#isOver = true;
    this.#options.screen.fault(`The connection is lost: ${reason}`);
    this.#update();
  }

  #update(): void {
    if (!this.isBusy) {
      this.#settled.resolve();
      this.#settled = Promise.withResolvers();
    }
    this.#options.onChange();
  }
}
