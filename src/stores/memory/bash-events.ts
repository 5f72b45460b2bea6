import type {
  BashEventFilter,
  BashEventQuery,
  BashEventStore,
  BashScope,
  NewBashEvent,
  StoredBashEvent,
  UnfinishedCommand,
} from "../bash-events.ts";
import { longerThan } from "../page-length.ts";
import { repeatedBashEvent, unknownConversation } from "../refusals.ts";

/** Bash events in memory. */
export class MemoryBashEvents implements BashEventStore {
  readonly #events = new Map<BashScope, StoredBashEvent[]>();
  readonly #isStored: (conversationId: string) => boolean;
  #seq = -1;

  /** `isStored` throws when the store is closed. */
  constructor(isStored: (conversationId: string) => boolean) {
    this.#isStored = isStored;
  }

  async append(scope: BashScope, event: NewBashEvent): Promise<number> {
    const events = this.#of(scope);
    if (scope !== null && !this.#isStored(scope)) throw unknownConversation(scope);
    if (events.some(({ id }) => id === event.id)) throw repeatedBashEvent(event.id);
    this.#seq += 1;
    const stored = { ...event, seq: this.#seq };
    const newest = events.at(-1);
    events.push(stored);
    if (newest !== undefined && byTime(newest, stored) > 0) events.sort(byTime);
    this.#events.set(scope, events);
    return this.#seq;
  }

  async find(scope: BashScope, ids: readonly string[]): Promise<StoredBashEvent[]> {
    return this.#of(scope).filter(({ id }) => ids.includes(id));
  }

  async search(
    scope: BashScope,
    { direction, from, limit, maxLength, ...filter }: BashEventQuery,
  ): Promise<StoredBashEvent[]> {
    const sign = direction === "asc" ? 1 : -1;
    const events = this.#of(scope).filter(
      (event) => matches(event, filter) && (from === undefined || sign * byTime(event, from) >= 0),
    );
    if (direction === "desc") events.reverse();
    const isFull = longerThan(maxLength);
    const end = events.slice(0, limit).findIndex(({ json }) => isFull(json.length));
    return events.slice(0, end === -1 ? limit : end + 1);
  }

  async lastSeq(): Promise<number> {
    this.#of(null);
    return this.#seq;
  }

  async unfinished(): Promise<UnfinishedCommand[]> {
    this.#of(null);
    const open = [...this.#events].flatMap(([scope, events]) => {
      const ended = new Set(events.filter(({ isFinal }) => isFinal).map(({ commandId }) => commandId));
      const commands = events.filter(({ id, commandId }) => commandId === null && !ended.has(id));
      return commands.map((event) => ({ scope, event }));
    });
    return open.sort((left, right) => byTime(left.event, right.event));
  }

  async clear(scope: BashScope): Promise<number> {
    const { length } = this.#of(scope);
    this.#events.delete(scope);
    return length;
  }

  async prune(olderThan: string): Promise<number> {
    this.#of(null);
    let removed = 0;
    for (const [scope, events] of this.#events) {
      const kept = events.filter(({ timestamp }) => timestamp >= olderThan);
      removed += events.length - kept.length;
      this.#events.set(scope, kept);
    }
    return removed;
  }

  /** Forgets the events of a conversation that is removed, or of all. */
  forget(scope?: string): void {
    if (scope === undefined) this.#events.clear();
    else this.#events.delete(scope);
  }

  #of(scope: BashScope): StoredBashEvent[] {
    this.#isStored(scope ?? "");
    return this.#events.get(scope) ?? [];
  }
}

type Place = Pick<StoredBashEvent, "timestamp" | "seq">;

function byTime(left: Place, right: Place): number {
  if (left.timestamp === right.timestamp) return left.seq - right.seq;
  return left.timestamp < right.timestamp ? -1 : 1;
}

function matches(event: StoredBashEvent, filter: BashEventFilter): boolean {
  const { kind, commandId, timestampGte, timestampLt, orderGt, untilSeq, afterSeq } = filter;
  if (kind !== undefined && event.kind !== kind) return false;
  if (commandId !== undefined && event.commandId !== commandId) return false;
  if (timestampGte !== undefined && event.timestamp < timestampGte) return false;
  if (timestampLt !== undefined && event.timestamp >= timestampLt) return false;
  if (untilSeq !== undefined && event.seq > untilSeq) return false;
  if (afterSeq !== undefined && event.seq <= afterSeq) return false;
  return orderGt === undefined || event.order === null || event.order > orderGt;
}
