import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import { messageOf } from "../../errors.ts";
import type { Store } from "../../stores/store.ts";
import type { Event, TransientEvent } from "../../wire/events/events.ts";
import type { ExecutionStatus } from "../../wire/execution-status.ts";

export interface ChatLogOptions {
  store: Store;
  id: string;
  /** Maximum time to wait for a run, in milliseconds. Default: 30000. */
  patience?: number | undefined;
}

const PATIENCE_MS = 30_000;

/** The growing log of a conversation, and the run that expectations wait for. */
export class ChatLog {
  readonly id: string;
  readonly events: Event[] = [];
  readonly #conversations: ConversationManager;
  readonly #store: Store;
  readonly #patience: number;
  readonly #stop = new AbortController();
  /** Index after the last event that an expectation has taken, by the kinds it looked for. */
  readonly #taken = new Map<string, number>();
  #waiting: (() => void)[] = [];
  /** Index from which on a run is expected to begin. Undefined if no run is expected. */
  #runFrom: number | undefined;
  #status: ExecutionStatus = "idle";
  /** Number of events at the last `full_state`, which is published at the end of every run. */
  #published = 0;
  #ended: Error | undefined;

  constructor(conversations: ConversationManager, { store, id, patience = PATIENCE_MS }: ChatLogOptions) {
    this.id = id;
    this.#conversations = conversations;
    this.#store = store;
    this.#patience = patience;
    void this.#follow();
  }

  /** Performs an action. If it starts a run, all expectations wait for the end of that run from now on. */
  async expectRun(starts: boolean, act: () => Promise<void>): Promise<void> {
    const from = await this.#store.events.count(this.id, {});
    await act();
    if (starts) this.#runFrom = from;
  }

  /** Takes the next event of these kinds. Resolves to undefined if the run has stopped without one. */
  async next(kinds: readonly string[], isMeant: (event: Event) => boolean): Promise<Event | undefined> {
    const key = kinds.join();
    const find = () =>
      this.events.findIndex(
        (event, place) =>
          place >= (this.#taken.get(key) ?? 0) && kinds.includes(event.kind) && isMeant(event),
      );
    await this.#until(() => find() !== -1 || this.#isSettled());
    const place = find();
    if (place === -1) return undefined;
    this.#taken.set(key, place + 1);
    return this.events[place];
  }

  async settled(): Promise<ExecutionStatus> {
    await this.#until(() => this.#isSettled());
    return this.#status;
  }

  close(): void {
    this.#stop.abort();
  }

  /** A run has stopped once its final status and the state after it are in the log. */
  #isSettled(): boolean {
    if (this.#status === "running") return false;
    if (this.#runFrom === undefined) return true;
    const events = this.events.slice(this.#runFrom);
    const begun = events.findIndex(
      (event) => isStatus(event, "running") || (event.kind === "MessageEvent" && event.source === "user"),
    );
    const stopped = events.findIndex(
      (event, place) => place >= begun && isStatus(event) && !isStatus(event, "running"),
    );
    return begun !== -1 && stopped !== -1 && this.#published > this.#runFrom + stopped;
  }

  async #until(isTrue: () => boolean): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`it did not happen within ${this.#patience} ms`)),
      this.#patience,
    );
    try {
      await this.#catchUp();
      while (!isTrue()) {
        if (this.#ended !== undefined) throw this.#ended;
        await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), late]);
      }
    } finally {
      clearTimeout(timer);
      late.catch(() => undefined);
    }
  }

  /** Waits until all events that are stored by now have been read. */
  async #catchUp(): Promise<void> {
    const stored = await this.#store.events.count(this.id, {});
    while (this.events.length < stored && this.#ended === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of this.#conversations.follow(this.id, this.#stop.signal)) {
        if (isFullState(event)) this.#published = this.events.length;
        else if (isStored(event)) this.#take(event);
        this.#wake();
      }
      this.#ended = new Error("the server has closed the conversation");
    } catch (error) {
      this.#ended = new Error(`the conversation cannot be followed: ${messageOf(error)}`);
    }
    this.#wake();
  }

  #take(event: Event): void {
    this.events.push(event);
    if (event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status") {
      this.#status = event.value as ExecutionStatus;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function isFullState(event: Event | TransientEvent): boolean {
  return event.kind === "ConversationStateUpdateEvent" && event.key === "full_state";
}

function isStored(event: Event | TransientEvent): event is Event {
  return event.kind !== "StreamingDeltaEvent" && event.kind !== "ServerErrorEvent";
}

function isStatus(event: Event, status?: ExecutionStatus): boolean {
  return (
    event.kind === "ConversationStateUpdateEvent" &&
    event.key === "execution_status" &&
    (status === undefined || event.value === status)
  );
}
