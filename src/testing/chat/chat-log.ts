import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import { messageOf } from "../../errors.ts";
import type { Store } from "../../stores/store.ts";
import type { Event, TransientEvent } from "../../wire/events/events.ts";
import type { ExecutionStatus } from "../../wire/execution-status.ts";

export interface ChatLogOptions {
  store: Store;
  id: string;
  /** Milliseconds. Default: 5000. */
  patience?: number | undefined;
}

const PATIENCE = 5_000;

/** The log of a conversation as it grows, and whether a run is to be waited for. */
export class ChatLog {
  readonly id: string;
  readonly events: Event[] = [];
  readonly #conversations: ConversationManager;
  readonly #store: Store;
  readonly #patience: number;
  readonly #stop = new AbortController();
  /** Places up to which expectations have looked, for each sort of event. */
  readonly #looked = new Map<string, number>();
  #waiting: (() => void)[] = [];
  /** Place in the log from which on a run is expected to begin; undefined when none is. */
  #runFrom: number | undefined;
  #status: ExecutionStatus = "idle";
  /** Events that were there when the state was last published whole, as it is at the end of every run. */
  #published = 0;
  #ended: Error | undefined;

  constructor(conversations: ConversationManager, { store, id, patience = PATIENCE }: ChatLogOptions) {
    this.id = id;
    this.#conversations = conversations;
    this.#store = store;
    this.#patience = patience;
    void this.#follow();
  }

  /** Does what may start a run; from then on everything waits for the end of that run. */
  async expectRun(starts: boolean, act: () => Promise<void>): Promise<void> {
    const from = await this.#store.events.count(this.id, {});
    await act();
    this.#runFrom = starts ? from : undefined;
  }

  /** The next event of these kinds that was not given before; undefined when the run has stopped without one. */
  async next(kinds: readonly string[], isMeant: (event: Event) => boolean): Promise<Event | undefined> {
    const key = kinds.join();
    const find = () =>
      this.events.findIndex(
        (event, place) =>
          place >= (this.#looked.get(key) ?? 0) && kinds.includes(event.kind) && isMeant(event),
      );
    await this.#until(() => find() !== -1 || this.#isSettled());
    const place = find();
    if (place === -1) return undefined;
    this.#looked.set(key, place + 1);
    return this.events[place];
  }

  async settled(): Promise<ExecutionStatus> {
    await this.#until(() => this.#isSettled());
    return this.#status;
  }

  close(): void {
    this.#stop.abort();
  }

  /** A run has stopped when the log says so after the place where it was asked for, and nothing more is written. */
  #isSettled(): boolean {
    if (this.#status === "running") return false;
    if (this.#runFrom === undefined) return true;
    const asked = this.events.slice(this.#runFrom);
    const begun = asked.findIndex(
      (event) => isStatus(event, "running") || (event.kind === "MessageEvent" && event.source === "user"),
    );
    const stopped = asked.findIndex(
      (event, place) => place >= begun && isStatus(event) && !isStatus(event, "running"),
    );
    return begun !== -1 && stopped !== -1 && this.#published > this.#runFrom + stopped;
  }

  async #until(isTrue: () => boolean): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`nothing came of it within ${this.#patience} ms`)),
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

  /** What is stored by now must have been read before anything is said of it. */
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
