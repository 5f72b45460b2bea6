import { asObject } from "../../is-object.ts";
import { costText, totalOf } from "../../timeline/amounts.ts";
import { nameOf, statusWords } from "../../timeline/event-row.ts";
import { textOf } from "../../timeline/event-words.ts";
import type { LoggedEvent } from "../../timeline/logged-event.ts";
import type { Row } from "../../timeline/row.ts";
import { joinRows, Timeline } from "../../timeline/timeline.ts";
import { view } from "../../timeline/view/view.ts";
import { grouped, oneLine, visibleText } from "../../timeline/visible-text.ts";
import { Actions } from "./actions.ts";
import { byId, setText, toElement } from "./elements.ts";
import { MAX_ROWS, RowList } from "./row-list.ts";
import type { Server } from "./server.ts";
import { type FeedListener, SessionFeed } from "./session-feed.ts";

const LIMITS = { text: 8_000, diffLines: 200 };
/** Events that are read at a time. */
const PAGE = 100;
/** Characters of a reply that is being written: its end is shown. */
const MAX_WRITING = 8_000;
/** Milliseconds between two drawings: what comes meanwhile is drawn together. */
const DRAWING = 50;
/** Pixels from the end of the page within which it follows what comes. */
const END = 120;

/** The timeline of one conversation: its newest events, what comes, and older ones on request. */
export class ConversationView implements FeedListener {
  readonly #server: Server;
  readonly #id: string;
  readonly #feed: SessionFeed;
  readonly #say: (words: string) => void;
  readonly #actions: Actions;
  readonly #rows: RowList;
  readonly #writing = byId("writing");
  readonly #listening = new AbortController();
  #timeline = new Timeline({ limits: LIMITS, isStart: false });
  /** Events that come while the newest ones are being read. undefined at all other times. */
  #early: LoggedEvent[] | undefined = [];
  /** Ids of events that were read and may come again. */
  #read: ReadonlySet<string> = new Set();
  /** Where older events go on; null at the beginning of the log. */
  #olderPage: string | null = null;
  /** Whether the rows end with the newest event. */
  #isAtEnd = true;
  #info: Record<string, unknown> = {};
  /** Rows that are to be drawn. */
  #changed = new Set<Row>();
  /** The reply that is being written, as far as it is shown. */
  #reply = "";
  #drawing: number | undefined;

  constructor(server: Server, id: string, say: (words: string) => void) {
    this.#server = server;
    this.#id = id;
    this.#say = say;
    this.#rows = new RowList(byId("rows"), (row) => this.#timeline.isOpen(row));
    this.#rows.clear();
    this.#actions = new Actions(server, id);
    const { signal } = this.#listening;
    byId("older").addEventListener("click", () => void this.#readOlder(), { signal });
    byId("newest").addEventListener("click", () => void this.#readNewest(), { signal });
    this.#drawHeader();
    this.#feed = new SessionFeed(server, id, this);
    void this.#readInfo();
  }

  close(): void {
    this.#listening.abort();
    this.#feed.close();
    clearTimeout(this.#drawing);
  }

  onOpen(isFirst: boolean): void {
    this.#say("Connected");
    if (isFirst) void this.#readNewest();
  }

  onLost(reason: string, isFinal: boolean): void {
    this.#say(isFinal ? `Not connected: ${reason}` : `Connecting again: ${reason}`);
  }

  onPiece(piece: string): void {
    this.#reply = (this.#reply + visibleText(piece)).slice(-MAX_WRITING);
    this.#drawSoon();
  }

  onVoid(): void {
    this.#reply = "";
    this.#drawSoon();
  }

  onEvent(event: LoggedEvent): void {
    if (this.#early === undefined) {
      if (!this.#read.has(nameOf(event.id))) this.#take(event);
      return;
    }
    this.#early.push(event);
    if (this.#early.length > MAX_ROWS) this.#early.shift();
  }

  #take(event: LoggedEvent): void {
    for (const row of this.#timeline.take(event)) this.#changed.add(row);
    if (event.source === "agent") this.onVoid();
    if (event.key === "execution_status") void this.#readInfo();
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#listening.signal.aborted) return;
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      this.#draw();
    }, DRAWING);
  }

  /** Draws what has come. A reader at the end of the page stays there. */
  #draw(): void {
    const isThere = window.scrollY + window.innerHeight > document.body.scrollHeight - END;
    const changed = [...this.#changed];
    this.#changed.clear();
    if (this.#isAtEnd) {
      const dropped = this.#rows.draw(changed);
      if (dropped !== undefined) this.#olderPage = dropped.id;
    }
    setText(this.#writing, this.#reply);
    this.#writing.hidden = this.#reply === "" || !this.#isAtEnd;
    this.#drawHeader();
    if (isThere && this.#isAtEnd) window.scrollTo({ top: document.body.scrollHeight });
  }

  /** Reads the newest events and shows them in the place of all that is shown. */
  async #readNewest(): Promise<void> {
    this.#early = [];
    try {
      const { events, next } = await this.#readPage();
      this.#read = new Set(events.map(({ id }) => nameOf(id)));
      this.#olderPage = next;
      this.#isAtEnd = true;
      this.#timeline = new Timeline({ limits: LIMITS, isStart: next === null });
      this.#rows.clear();
      this.#changed = new Set(events.flatMap((event) => this.#timeline.take(event)));
      this.#takeEarly();
      this.#fillIn();
      this.#draw();
      window.scrollTo({ top: document.body.scrollHeight });
    } catch (error) {
      this.#fail(error);
      this.#takeEarly();
    }
  }

  #takeEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.onEvent(event);
  }

  /** Takes from the conversation what none of the newest events says. */
  #fillIn(): void {
    const { status, usage } = this.#timeline;
    this.#timeline.takeState({
      execution_status: status === "" ? this.#info.execution_status : status,
      stats: usage.length === 0 ? this.#info.stats : undefined,
    });
  }

  async #readOlder(): Promise<void> {
    const page = this.#olderPage;
    if (page === null || this.#early !== undefined) return;
    this.#olderPage = null;
    this.#drawHeader();
    try {
      const { events, next } = await this.#readPage(page);
      // The rows that these would stand before have left meanwhile.
      if (this.#olderPage !== null || this.#early !== undefined) return;
      const older = new Timeline({ limits: LIMITS, isStart: next === null });
      const rows = [...new Set(events.flatMap((event) => older.take(event)))];
      if (this.#rows.extend(joinRows(rows, this.#rows.rows)).length > 0) this.#isAtEnd = false;
      this.#olderPage = next;
    } catch (error) {
      this.#olderPage ??= page;
      this.#fail(error);
    }
    if (!this.#listening.signal.aborted) this.#drawHeader();
  }

  /** Events in the order of the log. */
  async #readPage(pageId?: string): Promise<{ events: LoggedEvent[]; next: string | null }> {
    const query = new URLSearchParams({ sort_order: "TIMESTAMP_DESC", limit: String(PAGE) });
    if (pageId !== undefined) query.set("page_id", pageId);
    const path = `api/conversations/${this.#id}/events/search?${query}`;
    const { signal } = this.#listening;
    const { items, next_page_id: next } = asObject(await this.#server.get(path, signal));
    signal.throwIfAborted();
    const events = (Array.isArray(items) ? items : []).map(asObject).reverse();
    return { events, next: typeof next === "string" ? next : null };
  }

  async #readInfo(): Promise<void> {
    try {
      const { signal } = this.#listening;
      this.#info = asObject(await this.#server.get(`api/conversations/${this.#id}`, signal));
      if (!signal.aborted) this.#drawHeader();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#listening.signal.aborted) return;
    setText(byId("fault"), error instanceof Error ? error.message : String(error));
  }

  #drawHeader(): void {
    const { status, waitsFor, usage } = this.#timeline;
    const { title, agent, workspace } = this.#info;
    setText(byId("title"), oneLine(textOf(title), 200) || `Conversation ${this.#id}`);
    const total = totalOf(usage);
    const facts = {
      Id: this.#id,
      Status: statusWords(status),
      "Waits for": waitsFor === statusWords(status) ? "" : waitsFor,
      Tokens: `${grouped(total.input)} in, ${grouped(total.output)} out`,
      Cost: costText(total.cost),
      Model: oneLine(textOf(asObject(asObject(agent).llm).model), 200),
      "Working folder": oneLine(textOf(asObject(workspace).working_dir), 300),
    };
    drawFacts(byId("facts"), facts);
    const open = this.#rows.rows.filter((row) => this.#timeline.isOpen(row)).map(({ id }) => id);
    const asked = askedBySubAgent(this.#info);
    const waiting = asked.length > 0 ? asked : open;
    this.#actions.draw(status, waiting);
    byId("older").hidden = this.#olderPage === null;
    byId("newest").hidden = this.#isAtEnd;
  }
}

function drawFacts(place: HTMLElement, facts: Readonly<Record<string, string>>): void {
  const shown = Object.entries(facts).filter(([, value]) => value !== "");
  const parts = shown.flatMap(([name, value]) => [view("dt", {}, name), view("dd", {}, value)]);
  place.replaceChildren(...parts.map(toElement));
}

/** Ids of the calls of a sub-agent that wait for the user. The log of the conversation shows them in words. */
function askedBySubAgent({ agent_state: state }: Record<string, unknown>): string[] {
  const { actions } = asObject(asObject(state).sub_agent_confirmation);
  return Array.isArray(actions) ? actions.map((action) => textOf(asObject(action).id)) : [];
}
