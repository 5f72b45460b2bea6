import { AgentServerError } from "../errors.ts";
import type { Change, Store, StoredEvent } from "../stores/store.ts";
import { type Event, type NewEvent, ROOT, type TransientEvent } from "../wire/events/events.ts";
import { Feed, type FeedReader } from "./feed.ts";
import { serialiseEvent } from "./serialise-event.ts";
import { toStoredEvent } from "./stored-event.ts";
import type { Timestamps } from "./timestamp.ts";

export interface EventLogOptions {
  conversationId: string;
  store: Pick<Store, "commit">;
  timestamps: Timestamps;
  newId(): string;
  /** Events the store has of this conversation. */
  nextSeq: number;
  /** HEAD as the store has it. */
  leafEventId: string | null;
  /** Told of events once they are stored, before any reader sees them. */
  onAppended?(events: readonly Event[]): void;
}

/** What else changes in the same atomic step. A `leafEventId` named here moves HEAD there. */
export type LogChange = Omit<Change, "conversationId" | "events">;

/** A transient event; what is missing of id, time and parent is filled in. */
export type NewTransientEvent = TransientEvent extends infer E
  ? E extends TransientEvent
    ? Omit<E, "id" | "timestamp" | "parent_id"> & Partial<Pick<E, "id" | "timestamp" | "parent_id">>
    : never
  : never;

/** Where the log stands: HEAD of the tree and the place of the next event. */
interface Position {
  head: string | null;
  nextSeq: number;
}

/**
 * The log of one live conversation: the only writer of its events and state.
 *
 * Calls take effect in the order they are made in: ids, times, parents and places are given at the call, and commits
 * go to the store at once, so that calls of one moment share a transaction. Readers see an event once it is stored.
 *
 * When a commit fails, nothing of it is published and HEAD is where it was. Appends made on top of it before it failed
 * are refused by the store, because their place in the log does not follow; appends made after it work.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #feed = new Feed();
  /** With everything called so far. */
  #called: Position;
  /** With everything stored so far. */
  #stored: Position;
  /** Counts the failures that took `#called` back, so that each does so once. */
  #rollbacks = 0;
  #pending = 0;
  #settled: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#stored = { head: options.leafEventId, nextSeq: options.nextSeq };
    this.#called = this.#stored;
  }

  /** `seq` of the last event that readers have seen; -1 before the first. */
  get lastSeq(): number {
    return this.#stored.nextSeq - 1;
  }

  /** HEAD, with what is being stored. */
  get head(): string | null {
    return this.#called.head;
  }

  get readerCount(): number {
    return this.#feed.readerCount;
  }

  /** Resolves with the stamped events once they are stored and published. */
  async append(events: readonly NewEvent[], change: LogChange = {}): Promise<Event[]> {
    const stamped = this.#stampAll(events);
    const rows = stamped.map((event, offset) => toStoredEvent(event, this.#called.nextSeq + offset));
    await this.#write(change, stamped, rows);
    return stamped;
  }

  /** Stores a change of state without events, after everything called before. */
  commit(change: LogChange): Promise<void> {
    return this.#write(change, [], []);
  }

  /** Shows an event that is not kept to the readers, after everything called before. */
  publish(event: NewTransientEvent): void {
    const frame = this.toFrame(event);
    if (this.#pending === 0) this.#feed.publish(frame);
    else void this.#inTurn(() => this.#feed.publish(frame));
  }

  /** The JSON text of a transient event, for one reader alone. */
  toFrame(event: NewTransientEvent): string {
    const parent = event.kind === "ConversationStateUpdateEvent" ? parentAt(this.#called) : null;
    return serialiseEvent(this.#stamp(event, parent) as TransientEvent);
  }

  /**
   * Reads what is published after this call. Everything up to `lastSeq`, read in the same turn, is in the store:
   * history up to it and then this reader miss nothing and repeat nothing.
   */
  subscribe(): FeedReader {
    return this.#feed.read();
  }

  /** Waits for what is under way, then ends the readers. Appends are refused from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#settled;
    this.#feed.closeAll();
  }

  #stampAll(events: readonly NewEvent[]): Event[] {
    let position = this.#called;
    return events.map((event) => {
      const stamped = this.#stamp(event, parentAt(position)) as Event;
      position = { head: movesHead(stamped) ? stamped.id : position.head, nextSeq: position.nextSeq + 1 };
      return stamped;
    });
  }

  /** Key order is the wire's: the common keys first, `kind` last. */
  #stamp(event: NewEvent | NewTransientEvent, parent: string | null): object {
    const { id, timestamp, source, parent_id, kind, ...own } = event;
    return {
      id: id ?? this.#options.newId(),
      timestamp: timestamp ?? this.#options.timestamps.eventTimestamp(),
      source,
      parent_id: parent_id ?? parent,
      ...own,
      kind,
    };
  }

  #write(change: LogChange, events: readonly Event[], rows: StoredEvent[]): Promise<void> {
    const { conversationId, store } = this.#options;
    if (this.#closed)
      return Promise.reject(new AgentServerError("unavailable", "The conversation is closed"));
    const named = change.update?.leafEventId;
    const leafEventId = named === undefined ? events.findLast(movesHead)?.id : named;
    const update = leafEventId === undefined ? change.update : { ...change.update, leafEventId };
    const committed = store.commit({ ...change, conversationId, update, events: rows });
    // Handled in its turn; a failure that comes early is not unhandled meanwhile.
    committed.catch(() => undefined);
    this.#called = advance(this.#called, leafEventId, rows.length);
    const rollbacks = this.#rollbacks;
    return this.#inTurn(async () => {
      try {
        await committed;
      } catch (error) {
        this.#rollBack(rollbacks);
        throw error;
      }
      this.#stored = advance(this.#stored, leafEventId, rows.length);
      this.#show(events, rows);
    });
  }

  /** Runs `work` when everything called before is done. */
  #inTurn(work: () => void | Promise<void>): Promise<void> {
    this.#pending++;
    const done = this.#settled.then(work).finally(() => {
      this.#pending--;
      if (this.#pending === 0) this.#called = this.#stored;
    });
    this.#settled = done.catch(() => undefined);
    return done;
  }

  #rollBack(rollbacks: number): void {
    if (rollbacks !== this.#rollbacks) return;
    this.#rollbacks++;
    this.#called = this.#stored;
  }

  #show(events: readonly Event[], rows: readonly StoredEvent[]): void {
    try {
      if (events.length > 0) this.#options.onAppended?.(events);
    } finally {
      for (const row of rows) this.#feed.publish(row.json);
    }
  }
}

/** An event after an emptied HEAD starts a new root, and says so where it could be taken for a child of its neighbour. */
function parentAt({ head, nextSeq }: Position): string | null {
  return head ?? (nextSeq > 0 ? ROOT : null);
}

function movesHead(event: Event): boolean {
  return event.kind !== "ConversationStateUpdateEvent";
}

function advance(from: Position, leafEventId: string | null | undefined, count: number): Position {
  return { head: leafEventId === undefined ? from.head : leafEventId, nextSeq: from.nextSeq + count };
}
