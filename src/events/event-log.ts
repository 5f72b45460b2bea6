import { AgentServerError, closingError, messageOf } from "../errors.ts";
import type { UnstoredFrame } from "../stores/frame-relay.ts";
import { isFailure, isOwnershipLost, ownershipLost } from "../stores/refusals.ts";
import type { Change, Store, StoredEvent } from "../stores/store.ts";
import type { Event, NewEvent } from "../wire/events/events.ts";
import type { ProgressFrame } from "../wire/events/session-frames.ts";
import { type FrameOrigin, FramePublisher } from "./feeds/frame-publisher.ts";
import { frameText, lazyFrame } from "./feeds/frame-texts.ts";
import type { EventMail } from "./mail/event-mail.ts";
import {
  advance,
  type EventStamps,
  type LogPosition,
  movesHead,
  type NewTransientEvent,
  stampAll,
  transientText,
} from "./stamp-event.ts";
import { toStoredEvent } from "./stored-event.ts";

export interface EventLogOptions extends EventStamps {
  conversationId: string;
  store: Pick<Store, "commit" | "relay">;
  /** Events that the store has of this conversation. */
  nextSeq: number;
  /** HEAD as the store has it. */
  leafEventId: string | null;
  /** Fence of the claim under which the log is written. */
  fence?: number;
  /** Messages for receivers elsewhere: about the log, and about what is published without being stored. */
  mail?: EventMail | undefined;
  /**
   * Called with events in the order of the log, before any reader sees them: once they are stored, or ahead of that.
   */
  onAppended?(events: readonly Event[]): void;
  /**
   * Called once, when memory is no longer what the store has: another server has taken over, or a write has failed and
   * may be stored all the same. The log refuses every further write; the conversation has to be read again.
   */
  onLost?(error: unknown): void;
}

/** Further changes of the same atomic step. A `leafEventId` named here moves HEAD there. */
export type LogChange = Omit<Change, "conversationId" | "events">;

/**
 * The log of one live conversation: the only writer of its events and state.
 *
 * Calls take effect in the order in which they are made: each fixes ids, times, parents and places at once, and commits
 * go to the store at once, so that calls of one moment share a transaction. Readers see an event once it is stored.
 *
 * When the store refuses a commit, nothing of it is published and HEAD is where it was. Appends made on top of it
 * before it was refused are refused too, because their place in the log does not follow; appends made after it work.
 * When another server has taken over, every further call is refused and nothing is published. When the store fails, the
 * commit may be stored or not: every further write is refused, and only what is not stored is published. The same
 * follows when an append that was passed on ahead is not stored, because memory is ahead of the store then.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #frames: FramePublisher;
  /** Includes calls that are still being stored. */
  #called: LogPosition;
  /** Includes what is stored, and nothing else. */
  #stored: LogPosition;
  /** Counts the failures that took `#called` back, so that each does so once. */
  #rollbacks = 0;
  #pending = 0;
  /** Counts the appends that are being stored and have not been passed to `onAppended`. */
  #held = 0;
  #settled: Promise<void> = Promise.resolve();
  #closed = false;
  /** The error that refuses every further write. */
  #refusal: AgentServerError | undefined;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#frames = new FramePublisher(options);
    this.#stored = { head: options.leafEventId, nextSeq: options.nextSeq };
    this.#called = this.#stored;
  }

  /** `seq` of the last event that is published; -1 before the first. */
  get lastSeq(): number {
    return this.#stored.nextSeq - 1;
  }

  /** `seq` of the last event, including those that are still being stored; -1 before the first. */
  get lastCalledSeq(): number {
    return this.#called.nextSeq - 1;
  }

  /** HEAD as it is stored. */
  get storedHead(): string | null {
    return this.#stored.head;
  }

  /** Whether nothing is being stored. */
  get isSettled(): boolean {
    return this.#pending === 0;
  }

  /** HEAD, including appends that are still being stored. */
  get head(): string | null {
    return this.#called.head;
  }

  /** Resolves with the stamped events once they are stored and published. */
  async append(events: readonly NewEvent[], change: LogChange = {}): Promise<Event[]> {
    const stamped = stampAll(events, this.#called, this.#options);
    await this.#write(change, stamped);
    return stamped;
  }

  /**
   * Appends events and resolves once `onAppended` has them: at once, unless it still lacks earlier ones. They are
   * stored meanwhile and published after that. What is appended later is refused if they cannot be stored.
   */
  async appendAhead(events: readonly NewEvent[], change: LogChange = {}): Promise<void> {
    this.#assertOpen();
    const isAhead = this.#held === 0;
    const stored = this.#write(change, stampAll(events, this.#called, this.#options), { isAhead });
    if (!isAhead) return stored;
    stored.catch(() => undefined);
  }

  /** Stores a change of state without events, after everything called before. */
  async commit(change: LogChange): Promise<void> {
    await this.#write(change, []);
  }

  /**
   * Publishes an event that is not stored, after everything called before. Nothing once a write has failed: the event
   * may show what is not stored.
   */
  publish(event: NewTransientEvent): void {
    const at = this.#called;
    const toText = () => transientText(event, at, this.#options);
    if (event.kind === "StreamingDeltaEvent") {
      this.#publishUnlessRefused((origin) => lazyFrame("delta", toText, origin));
      return;
    }
    const text = toText();
    this.#mail(text);
    this.#publishUnlessRefused((origin) => ({ kind: "transient", text, ...origin }));
  }

  /**
   * Publishes a frame that shows a reply while it is written, after everything called before. The end of an item is
   * published whatever has become of the log, so that no reader waits for its event.
   */
  publishProgress(frame: ProgressFrame): void {
    const toFrame = (origin?: FrameOrigin) => lazyFrame("progress", () => frameText(frame), origin);
    this.#publishInTurn(() => {
      if (this.#refusal === undefined) this.#frames.publishAt(this.#stored.nextSeq, toFrame);
      // A refused log has no moments: others may have written since.
      else if (frame.type === "item_aborted") this.#frames.publish(toFrame());
    });
  }

  #publishUnlessRefused(toFrame: (origin: FrameOrigin) => UnstoredFrame): void {
    this.#publishInTurn(() => {
      if (this.#refusal === undefined) this.#frames.publishAt(this.#stored.nextSeq, toFrame);
    });
  }

  /** As `publish`, but for receivers elsewhere alone. The event is made where there are any. */
  mail(event: () => NewTransientEvent): void {
    if (this.#options.mail === undefined) return;
    this.#mail(transientText(event(), this.#called, this.#options));
  }

  /** Stores the messages about what is published without being stored, in its turn. */
  #mail(text: string): void {
    if (this.#closed || this.#refusal !== undefined) return;
    const messages = this.#options.mail?.messagesOf([text]) ?? [];
    if (messages.length > 0) this.#write({ messages }, []).catch(() => undefined);
  }

  /** Waits for what is being stored. More may be called meanwhile. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /**
   * Refuses every further write with this error, as if the store had refused one: what is in memory is no longer what
   * the store has, or may not be. Nothing more is published under `ownership_lost`.
   */
  abandon(error: AgentServerError): void {
    this.#lose(error, error);
  }

  /** Waits for what is being stored. Appends are refused from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#settled;
  }

  /** Throws at once for events that cannot be written: nothing of them is shown or stored then. */
  #write(change: LogChange, events: readonly Event[], { isAhead = false } = {}): Promise<void> {
    this.#assertOpen();
    const { conversationId, store, fence, mail } = this.#options;
    const rows = events.map((event, offset) => toStoredEvent(event, this.#called.nextSeq + offset));
    const ofEvents = rows.length === 0 ? undefined : mail?.messagesOf(rows.map(({ json }) => json));
    const messages = [...(change.messages ?? []), ...(ofEvents ?? [])];
    const named = change.update?.leafEventId;
    const leafEventId = named === undefined ? events.findLast(movesHead)?.id : named;
    const update = leafEventId === undefined ? change.update : { ...change.update, leafEventId };
    const committed = store.commit({
      ...{ ...change, conversationId, update, events: rows, fence },
      ...(messages.length > 0 && { messages }),
    });
    // Handled in its turn; a failure that comes early is not unhandled meanwhile.
    committed.catch(() => undefined);
    this.#called = advance(this.#called, leafEventId, rows.length);
    const rollbacks = this.#rollbacks;
    if (!isAhead) this.#held++;
    const finish = async () => {
      try {
        await committed;
      } catch (error) {
        this.#rollBack(rollbacks);
        if (isOwnershipLost(error)) this.#lose(ownershipLost(), error);
        else if (isAhead || isFailure(error)) this.#fail(error);
        throw this.#refusal ?? error;
      }
      this.#stored = advance(this.#stored, leafEventId, rows.length);
      this.#show(isAhead ? [] : events, rows);
      if (messages.length > 0) mail?.stored(messages);
    };
    const done = this.#inTurn(() =>
      finish().finally(() => {
        if (!isAhead) this.#held--;
      }),
    );
    if (isAhead) this.#options.onAppended?.(events);
    return done;
  }

  #assertOpen(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#closed) throw closingError("The conversation is closed");
  }

  #publishInTurn(publish: () => void): void {
    if (this.#pending === 0) publish();
    else void this.#inTurn(publish);
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

  #fail(error: unknown): void {
    const { conversationId } = this.#options;
    const detail = `Conversation ${conversationId} is read again, because its store failed: ${messageOf(error)}`;
    if (!this.#lose(new AgentServerError("unavailable", detail), error)) return;
    const event = {
      kind: "ServerErrorEvent",
      source: "environment",
      code: "StoreUnavailable",
      detail,
    } as const;
    const text = transientText(event, this.#called, this.#options);
    void this.#inTurn(() => this.#frames.publish({ kind: "transient", text }));
  }

  /** False when the log was lost before. */
  #lose(refusal: AgentServerError, error: unknown): boolean {
    if (this.#refusal !== undefined) return false;
    this.#refusal = refusal;
    this.#options.onLost?.(error);
    return true;
  }

  #show(events: readonly Event[], rows: readonly StoredEvent[]): void {
    try {
      if (events.length > 0) this.#options.onAppended?.(events);
    } finally {
      if (!isOwnershipLost(this.#refusal)) this.#frames.publishEvents(rows);
    }
  }
}
