import { setImmediate as nextTurn } from "node:timers/promises";
import { AgentServerError } from "../errors.ts";
import type { FeedReader } from "../events/feeds/feed.ts";
import { Feeds } from "../events/feeds/feeds.ts";
import type { BashEventQuery, BashScope, StoredBashEvent } from "../stores/bash-events.ts";
import { BASH_EVENTS } from "../stores/frame-relay.ts";
import type { Store } from "../stores/store.ts";
import type { BashCommand, BashEvent, BashOutput } from "../wire/machine/bash.ts";
import { readStored, toStored } from "./bash-events.ts";
import {
  type BashPage,
  type BashSearch,
  eventIdIn,
  MAX_PAGE_LENGTH,
  pageIdOf,
  toFilter,
} from "./bash-search.ts";

const DEFAULT_LIMIT = 100;
/** Length of the texts of a page of history past which it ends early. */
const HISTORY_LENGTH = 1024 * 1024;
/** Length of the texts of the outputs of one command that are read in one turn. */
const OUTPUTS_LENGTH = 128 * 1024;
/** Number of events of a batch that are read before their length is looked at. */
const BATCH_STEP = 4;

/** The bash events of the server from now on, and those before. */
export interface BashWatch {
  /** The events stored from now on. Close it. */
  readonly reader: FeedReader;
  /** The JSON texts of all events before, oldest first. */
  history(): AsyncGenerator<readonly string[], void, void>;
}

/** Reads and writes the stored events of bash commands, and publishes those of the server once they are stored. */
export class BashEventLog {
  readonly #store: Store;
  readonly #feeds: Feeds;

  constructor(store: Store) {
    this.#store = store;
    this.#feeds = new Feeds(store.relay);
  }

  /** Resolves once the event is stored and published. */
  async append(scope: BashScope, event: BashCommand | BashOutput): Promise<void> {
    const stored = toStored(event);
    const seq = await this.#store.bashEvents.append(scope, stored);
    if (scope === null) this.#store.relay.publish(BASH_EVENTS, { kind: "event", seq, text: stored.json });
  }

  /** A page of the events of a scope. Rejects with `unprocessable` for a time that is not one. */
  async search(scope: BashScope, search: BashSearch): Promise<BashPage> {
    const { pageId, sortOrder = "TIMESTAMP", limit = DEFAULT_LIMIT } = search;
    const { bashEvents } = this.#store;
    const [from] = pageId === undefined ? [] : await bashEvents.find(scope, [eventIdIn(pageId)]);
    const direction = sortOrder === "TIMESTAMP" ? "asc" : "desc";
    const query = { ...toFilter(search), direction, from } as const;
    const rows = await this.#page(scope, { ...query, limit: limit + 1 });
    const count = Math.min(limit, countWithin(rows));
    const next = rows[count] ?? (await this.#afterLong(scope, rows, query));
    return { items: rows.slice(0, count).map(readStored), next_page_id: next ? pageIdOf(next) : null };
  }

  /** One event; undefined when there is none with this id. */
  async get(scope: BashScope, id: string): Promise<BashEvent | undefined> {
    const [row] = await this.#store.bashEvents.find(scope, [id]);
    return row && readStored(row);
  }

  /**
   * One entry for each id, in this order; null for an unknown one. Rejects with `unprocessable` for several events that
   * are longer than 16 Mi characters together.
   */
  async getMany(scope: BashScope, ids: readonly string[]): Promise<(BashEvent | null)[]> {
    const found = new Map<string, BashEvent>();
    const wanted = [...new Set(ids)];
    let length = 0;
    for (let start = 0; start < wanted.length; start += BATCH_STEP) {
      const rows = await this.#store.bashEvents.find(scope, wanted.slice(start, start + BATCH_STEP));
      for (const row of rows) {
        found.set(row.id, readStored(row));
        length += row.json.length;
      }
      if (length > 4 * MAX_PAGE_LENGTH && wanted.length > 1) throw tooLong(wanted.length);
    }
    return ids.map((id) => found.get(id) ?? null);
  }

  /** The outputs of a command in their order. Others get their turn after each long one. */
  async *outputsOf(scope: BashScope, commandId: string): AsyncGenerator<BashOutput, void, void> {
    let last: StoredBashEvent | undefined;
    do {
      const query = { commandId, direction: "asc", from: placeAfter(last), limit: DEFAULT_LIMIT } as const;
      const rows = await this.#store.bashEvents.search(scope, { ...query, maxLength: OUTPUTS_LENGTH });
      for (const event of rows.map(readStored)) if (event.kind === "BashOutput") yield event;
      last = rows.at(-1);
      await nextTurn();
    } while (last !== undefined);
  }

  /** The newest output of a command; undefined when it has none. */
  async lastOutput(scope: BashScope, commandId: string): Promise<StoredBashEvent | undefined> {
    const [last] = await this.#store.bashEvents.search(scope, { commandId, direction: "desc", limit: 1 });
    return last;
  }

  /** Watches the events of the server. The watch ends when the log is closed. */
  async watch(): Promise<BashWatch> {
    const reader = await this.#feeds.read(BASH_EVENTS);
    try {
      const untilSeq = await this.#store.bashEvents.lastSeq();
      reader.passOver(untilSeq);
      return { reader, history: () => this.#history(untilSeq) };
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /** Ends every watch once it has taken what is there. */
  close(): void {
    this.#feeds.close();
  }

  async *#history(untilSeq: number): AsyncGenerator<readonly string[], void, void> {
    let last: StoredBashEvent | undefined;
    do {
      const query = { direction: "asc", untilSeq, from: placeAfter(last), limit: DEFAULT_LIMIT } as const;
      const rows = await this.#store.bashEvents.search(null, { ...query, maxLength: HISTORY_LENGTH });
      if (rows.length > 0) yield rows.map((row) => JSON.stringify(readStored(row)));
      last = rows.at(-1);
    } while (last !== undefined);
  }

  /** The event after a page that is nothing but one event too long for a page. */
  async #afterLong(
    scope: BashScope,
    rows: readonly StoredBashEvent[],
    query: Omit<BashEventQuery, "limit">,
  ): Promise<StoredBashEvent | undefined> {
    const [only, second] = rows;
    if (only === undefined || second !== undefined || only.json.length <= MAX_PAGE_LENGTH) return undefined;
    const from = query.direction === "asc" ? placeAfter(only) : { ...only, seq: only.seq - 1 };
    const [next] = await this.#store.bashEvents.search(scope, { ...query, from, limit: 1 });
    return next;
  }

  #page(scope: BashScope, query: BashEventQuery): Promise<StoredBashEvent[]> {
    return this.#store.bashEvents.search(scope, { ...query, maxLength: MAX_PAGE_LENGTH });
  }
}

/** The first place behind an event, oldest first; undefined for the beginning. */
function placeAfter(event: StoredBashEvent | undefined): BashEventQuery["from"] {
  return event && { timestamp: event.timestamp, seq: event.seq + 1 };
}

/** Number of rows whose texts fit into a page; at least one. */
function countWithin(rows: readonly StoredBashEvent[]): number {
  let length = 0;
  const excess = rows.findIndex(({ json }) => {
    length += json.length;
    return length > MAX_PAGE_LENGTH;
  });
  return excess === -1 ? rows.length : Math.max(1, excess);
}

function tooLong(count: number): AgentServerError {
  return new AgentServerError(
    "unprocessable",
    `These ${count} events are longer than 16 Mi characters together. Ask for fewer at a time.`,
  );
}
