import { setImmediate as letOthersWork } from "node:timers/promises";
import type { EventStore, LogSpan, StoredEvent } from "../stores/store.ts";
import { type Event, ROOT } from "../wire/events/events.ts";
import { isOffBranch } from "../wire/events/hook-records.ts";
import { MAX_PAGE_LENGTH } from "./event-search.ts";

const PAGE_SIZE = 256;

/** A log and the event that a branch of it ends with; null for the branch without events. */
export interface BranchOf {
  events: EventStore;
  conversationId: string;
  leafId: string | null;
  /** Number of events read at a time. Default: 256. */
  pageSize?: number;
}

/** An event of a branch with its place in the log. */
export interface PlacedEvent {
  seq: number;
  event: Event;
}

/** The event that comes next on the way up: the one with an id, or the one before. */
type Wanted = { id: string } | "the one before";

/**
 * Yields the events of a branch, the newest first, and reads only as far as it is asked: the leaf, its parent, and so
 * on. Events of older servers name no parent; theirs is the event before. That also takes the place of one that is
 * lost.
 */
export async function* branchUpwards(branch: BranchOf): AsyncGenerator<PlacedEvent, void, void> {
  const { leafId } = branch;
  const leaf = leafId === null ? undefined : await placeOf(branch, leafId);
  if (leafId === null || leaf === undefined) return;
  let wanted: Wanted = { id: leafId };
  // One more than the leaf, which may be blocked by the event after it.
  let from = leaf + 1;
  let after: PlacedEvent | undefined;
  let yielded: PlacedEvent | undefined;
  while (from >= 0) {
    const page = await pageDown(branch, from);
    for (const { seq, json } of page) {
      const placed: PlacedEvent = { seq, event: JSON.parse(json) as Event };
      if (wanted === "the one before" || wanted.id === placed.event.id) {
        if (after !== undefined && after !== yielded && isBlockOf(after.event, placed.event)) yield after;
        yield placed;
        yielded = placed;
        const parent = parentOf(placed.event);
        if (parent === undefined) return;
        wanted = parent;
      }
      after = placed;
    }
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.seq - 1;
    await letOthersWork();
    if (wanted !== "the one before") {
      const place = await placeOf(branch, wanted.id);
      if (place === undefined) wanted = "the one before";
      else from = Math.min(from, place);
    }
  }
}

/** The places of a branch, in the order of the log. */
export async function branchSpans(branch: BranchOf): Promise<LogSpan[]> {
  const spans: LogSpan[] = [];
  for await (const { seq } of branchUpwards(branch)) {
    const above = spans.at(-1);
    if (above?.first === seq + 1) above.first = seq;
    else spans.push({ first: seq, last: seq });
  }
  return spans.reverse();
}

/** Yields the events of spans in the order of the log, in pages. */
export async function* eventsIn(
  { events, conversationId, pageSize = PAGE_SIZE }: Omit<BranchOf, "leafId">,
  spans: readonly LogSpan[],
): AsyncGenerator<readonly Event[], void, void> {
  let index = 0;
  let from = 0;
  for (let span = spans[index]; span !== undefined; span = spans[index]) {
    from = Math.max(from, span.first);
    const query = { order: "asc", from, limit: pageSize, maxLength: MAX_PAGE_LENGTH } as const;
    const rows = await events.search(conversationId, query);
    const last = rows.at(-1);
    if (last === undefined) return;
    const page: Event[] = [];
    for (const { seq, json } of rows) {
      while ((spans[index]?.last ?? seq) < seq) index += 1;
      if ((spans[index]?.first ?? seq + 1) <= seq) page.push(JSON.parse(json) as Event);
    }
    if (page.length > 0) yield page;
    from = last.seq + 1;
    while ((spans[index]?.last ?? from) < from) index += 1;
    if (spans[index] !== undefined) await letOthersWork();
  }
}

/** Yields the events of a branch, the oldest first, in pages. */
export async function* branchEvents(branch: BranchOf): AsyncGenerator<readonly Event[], void, void> {
  yield* eventsIn(branch, await branchSpans(branch));
}

/** Tells, event by event, whether a log is one line up to there: each event is the child of the one before. */
export class LineCheck {
  #head: string | null = null;

  /** The last event of the line. */
  get head(): string | null {
    return this.#head;
  }

  /** False for an event that begins another branch. State updates and most records of hooks belong to none. */
  continues(event: Event): boolean {
    if (event.kind === "ConversationStateUpdateEvent" || isOffBranch(event)) return true;
    const parent = parentOf(event);
    const follows =
      parent === undefined ? this.#head === null : parent === "the one before" || parent.id === this.#head;
    this.#head = event.id;
    return follows;
  }
}

/** Undefined for the first event of a branch. */
function parentOf({ parent_id: parent }: Event): Wanted | undefined {
  if (parent === ROOT) return undefined;
  return parent == null ? "the one before" : { id: parent };
}

/**
 * Whether an event keeps a message of the user from the agent: it stays with its message, also where a branch ends
 * between them.
 */
function isBlockOf(event: Event, message: Event): boolean {
  if (event.kind !== "Condensation" || message.kind !== "MessageEvent") return false;
  const { parent_id: parent, forgotten_event_ids: forgotten = [], llm_response_id: response } = event;
  return parent === message.id && response === "" && forgotten.length === 1 && forgotten[0] === message.id;
}

async function placeOf({ events, conversationId }: BranchOf, id: string): Promise<number | undefined> {
  const [row] = await events.find(conversationId, [id]);
  return row?.seq;
}

function pageDown(
  { events, conversationId, pageSize = PAGE_SIZE }: BranchOf,
  from: number,
): Promise<StoredEvent[]> {
  const query = { order: "desc", from, limit: pageSize, maxLength: MAX_PAGE_LENGTH } as const;
  return events.search(conversationId, query);
}
